// Runs before `npm start`, `npm test` and `npm run check`, on the machine's own Node. It installs what is missing,
// including the Node that the other scripts run on. It is ECMAScript 5, so that an old Node gets as far as the message.
'use strict';

var fs = require('fs');
var path = require('path');
var childProcess = require('child_process');

var root = path.join(__dirname, '..');
var modules = path.join(root, 'node_modules');

function fail(message) {
  console.error(message);
  process.exit(1);
}

function olderThan(major, minor) {
  var parts = process.versions.node.split('.');
  return Number(parts[0]) < major || (Number(parts[0]) === major && Number(parts[1]) < minor);
}

function packagesIn(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages || {};
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** True when node_modules, as npm last wrote it, is what package-lock.json asks for. */
function upToDate() {
  var wanted = packagesIn(path.join(root, 'package-lock.json'));
  var present = packagesIn(path.join(modules, '.package-lock.json'));
  if (!wanted) fail('mcpspan: package-lock.json is missing. Restore it with: git checkout package-lock.json');
  if (!present) return false;
  return Object.keys(wanted).every(function (place) {
    if (place === '') return true;
    // Binaries for other platforms are optional, so they may be absent.
    if (!present[place]) return wanted[place].optional === true;
    return present[place].version === wanted[place].version && present[place].integrity === wanted[place].integrity;
  });
}

function install() {
  console.error('mcpspan: installing dependencies (npm ci), once per change of package-lock.json …');
  var env = Object.assign({}, process.env);
  var pathName = Object.keys(env).filter(function (name) {
    return name.toUpperCase() === 'PATH';
  })[0];
  // npm must run on the machine's own Node: the one in node_modules is about to be replaced.
  env[pathName] = env[pathName]
    .split(path.delimiter)
    .filter(function (folder) {
      return folder.indexOf(modules) !== 0;
    })
    .join(path.delimiter);
  // loglevel error hides EBADENGINE: the packages run on the Node that is being installed, not on this one.
  // npm's messages about itself (a newer npm, requests for funding) do not matter here.
  var quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier'];
  var flags = quiet.concat(['--include=dev', '--engine-strict=false']);
  var result = childProcess.spawnSync('npm', ['ci'].concat(flags), {
    cwd: root,
    env: env,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.error) fail('mcpspan: npm could not be run (' + result.error.message + '). It comes with Node.js.');
  if (result.status !== 0) fail('mcpspan: npm ci failed; its message is above. Nothing was started.');
}

if (olderThan(20, 0)) {
  fail(
    'mcpspan needs Node.js 20 or newer to build (found v' +
      process.versions.node +
      '). Get a current one from https://nodejs.org, or with a version manager: nvm install 24'
  );
}
if (!upToDate()) install();
var ownNode = path.join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
if (!fs.existsSync(ownNode) && olderThan(22, 19)) {
  fail(
    'mcpspan runs on Node.js 22.19 or newer (found v' +
      process.versions.node +
      '), and the Node.js of the dev dependencies is missing: its install script did not run.\n' +
      'Run: npm rebuild node --ignore-scripts=false\nor use a newer Node.js from https://nodejs.org'
  );
}

'use strict';
// Where the single-file executable starts. Threads, parts and the page are loaded from files, so it writes the package into a
// folder of the user at its first run, and goes on from there.
const { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { tmpdir } = require('node:os');
const { dirname, isAbsolute, join } = require('node:path');
const sea = require('node:sea');

/** @typedef {Readonly<Record<string, number>>} Sizes the files of the package by their paths, in bytes */

/** @type {{ hash: string, sizes: Sizes }} What `scripts/single-file.ts` wrote. */
const { hash, sizes } = JSON.parse(sea.getAsset('files.json', 'utf8'));
const name = 'mcpspan-' + hash.slice(0, 16);

// `mcpspan install` puts this path into the configuration of clients.
process.argv[1] = process.execPath;
createRequire(join(unpacked(), 'dist', 'mcpspan.cjs'))('./mcpspan.cjs');

/** The folder of the package: the one of an earlier run, or a new one. */
function unpacked() {
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  const places = [XDG_CACHE_HOME, LOCALAPPDATA, HOME && join(HOME, '.cache')].filter((one) => one && isAbsolute(one));
  for (const place of places) {
    const folder = join(place, 'mcpspan', name);
    if (isWhole(folder) || unpack(folder)) return folder;
  }
  // Anybody may have put a folder there before us.
  const shared = join(tmpdir(), name + '-' + (process.getuid ? process.getuid() : 'user'));
  if (isWhole(shared) || unpack(shared)) return shared;
  process.stderr.write(
    'mcpspan: this executable has to unpack itself, and can write neither to ' +
      [...places, tmpdir()].join(' nor to ') +
      ': set XDG_CACHE_HOME to a folder of this user\n'
  );
  process.exit(2);
}

/** All of the package is there, and nobody else could have put it there. @param {string} folder */
function isWhole(folder) {
  try {
    const stat = lstatSync(folder);
    const isOurs = !process.getuid || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
    return (
      stat.isDirectory() &&
      isOurs &&
      Object.keys(sizes).every((file) => statSync(join(folder, file)).size === sizes[file])
    );
  } catch {
    return false;
  }
}

/** Writes the package beside the folder, and then renames it, as others may do the same. @param {string} folder */
function unpack(folder) {
  let writing;
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    writing = mkdtempSync(folder + '-');
    for (const file of Object.keys(sizes)) {
      mkdirSync(dirname(join(writing, file)), { recursive: true, mode: 0o700 });
      writeFileSync(join(writing, file), Buffer.from(sea.getRawAsset(file)), { mode: 0o600 });
    }
    // What is left of an earlier one, of which something was deleted. What somebody else has there stays.
    rmSync(folder, { recursive: true, force: true });
    renameSync(writing, folder);
    return true;
  } catch {
    if (writing !== undefined) rmSync(writing, { recursive: true, force: true });
    // Another process may have been faster.
    return isWhole(folder);
  }
}

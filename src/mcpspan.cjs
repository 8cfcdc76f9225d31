#!/usr/bin/env node
'use strict';
// What is installed as `mcpspan`. It runs on every Node from 12 on, so its syntax is old. If this Node cannot run mcpspan,
// a wrapped command runs without it: a server that does not start is worse than one that nobody watches.

/** The first version that can run mcpspan, as in package.json. */
var NEEDED = [22, 19];
// What a shell exits with.
var EXIT_NOT_FOUND = 127;
var EXIT_NOT_EXECUTABLE = 126;
var EXIT_WRONG_USE = 2;

var version = process.versions.node.split('.').map(Number);
if (version[0] > NEEDED[0] || (version[0] === NEEDED[0] && version[1] >= NEEDED[1])) start();
else runWithout();

function start() {
  var warn = process.emitWarning;
  // Before Node 24 its SQLite warns of itself, on the stderr of each command that reads the record.
  if (version[0] < 24) {
    process.emitWarning = function (warning) {
      if (String(warning).indexOf('SQLite is an experimental') !== 0) warn.apply(process, arguments);
    };
  }
  void import('./cli.js');
}

function runWithout() {
  var told = 'mcpspan: Node ' + version.join('.') + ' (' + process.execPath + ') is too old: mcpspan needs ';
  var cure = NEEDED.join('.') + ' or newer, from https://nodejs.org';
  var end = process.argv.indexOf('--');
  var command = end < 0 ? [] : process.argv.slice(end + 1);
  if (command.length === 0) {
    process.stderr.write(told + cure + '\n');
    process.exitCode = EXIT_WRONG_USE;
    return;
  }
  process.stderr.write(told + cure + '; until then the command runs without it\n');
  runBare(command);
}

function runBare(command) {
  var child;
  // What a terminal sends reaches the command by itself.
  var byTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGQUIT'] : [];
  var passedOn = process.platform === 'win32' ? [] : ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'];
  // Before the start, so that none comes between. On Windows the console sends them to every process in it.
  passedOn.forEach(function (signal) {
    process.on(signal, function () {
      if (byTerminal.indexOf(signal) < 0) child.kill(signal);
    });
  });
  if (process.platform === 'win32') process.on('SIGINT', function () {});
  child = require('child_process').spawn(command[0], command.slice(1), { stdio: 'inherit' });
  child.on('error', function (error) {
    process.stderr.write("mcpspan: '" + command[0] + "' cannot be started (" + error.code + ')\n');
    process.exit(error.code === 'ENOENT' ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

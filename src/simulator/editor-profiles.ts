import type { Profile } from './profile.ts';
import { call, list, open, openDead, turn } from './steps.ts';

const cursorManner = {
  client: { name: 'cursor-vscode', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'node' },
  callMeta: {},
  opensStream: true,
  deletesSession: false,
} as const;

const cursorEvidence = {
  client: 'cursor #2998, #3640',
  protocolVersion: 'assumed: what the TypeScript SDK of its time sends, as measured',
  headers: "the TypeScript SDK over Node's fetch, as measured",
  callMeta: 'assumed: no conversation key was found in any log',
  opensStream: 'the TypeScript SDK opens it after each handshake, as measured',
  deletesSession: 'the TypeScript SDK sends none on close(), as measured',
} as const;

export const cursor: Profile = {
  name: 'cursor',
  behaviour: 'one session per window, held for as long as the window is open',
  evidence: { ...cursorEvidence, steps: 'cursor #3640: one session until the server restarts' },
  ...cursorManner,
  steps: [
    open(0),
    list(0, 'tools'),
    list(0, 'resources'),
    call(14, 'create_matching_question'),
    call(29, 'submit_answer'),
    call(33, 'get_latest_answer'),
    call(58, 'create_cloze_question'),
    call(74, 'submit_answer'),
    call(78, 'get_latest_answer'),
  ],
};

export const reconnectLoop: Profile = {
  name: 'reconnect-loop',
  behaviour: 'connects again and again, sometimes with a dead session id, and calls nothing',
  evidence: { ...cursorEvidence, steps: 'cursor #3640, #2998' },
  ...cursorManner,
  steps: [
    open(0),
    list(0, 'tools'),
    openDead(14),
    openDead(16),
    open(18),
    list(18, 'tools'),
    openDead(40),
    open(43),
    list(43, 'tools'),
    openDead(66),
    open(68),
    list(68, 'tools'),
    open(84),
    list(84, 'tools'),
    openDead(99),
    open(102),
    list(102, 'tools'),
  ],
};

export const vscode: Profile = {
  name: 'vscode',
  behaviour: 'one session per window; each call names its chat, its request and a trace',
  evidence: {
    client: 'mcpServer.ts of VS Code; version: assumed',
    protocolVersion: 'microsoft/vscode #308766',
    headers: 'microsoft/vscode #264502: `node` until December 2025, and no log of a later one was found',
    callMeta: 'mcpServer.ts of VS Code, conversation id and request id; traceparent: in newer builds',
    opensStream: 'assumed: as clients made with the TypeScript SDK do',
    deletesSession: 'assumed: none reported',
    steps: 'assumed from mcpServer.ts of VS Code: tools are cached, one connection per window',
  },
  client: { name: 'Visual Studio Code', version: '1.105.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
  headers: { 'User-Agent': 'node' },
  callMeta: {
    'vscode.conversationId': '{conversation}',
    'vscode.requestId': '{turn}',
    traceparent: '00-{turn}-{noise}-01',
  },
  opensStream: true,
  deletesSession: false,
  steps: [
    open(0),
    list(0, 'tools'),
    turn(10),
    call(12, 'create_cloze_question'),
    call(15, 'get_latest_answer'),
    turn(40),
    call(42, 'submit_answer'),
    call(44, 'get_latest_answer'),
    turn(80),
    call(83, 'create_matching_question'),
    call(97, 'submit_answer'),
  ],
};

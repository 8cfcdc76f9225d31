/** Distinct strings, one for each place of a conversation where something personal or secret may stand. */
export const SECRET = {
  path: 'mk01path',
  query: 'mk02query',
  uri: 'mk03uri',
  uriUser: 'mk04uriuser',
  argument: 'mk05argument',
  argumentName: 'mk06argname',
  result: 'mk07result',
  structured: 'mk08structured',
  toolError: 'mk09toolerror',
  errorMessage: 'mk10errormessage',
  errorData: 'mk11errordata',
  agentComment: 'mk12agentcomment',
  agentOdd: 'mk13agentodd',
  authorization: 'mk14authorization',
  apiKey: 'mk15apikey',
  cookie: 'mk16cookie',
  setCookie: 'mk17setcookie',
  elicitation: 'mk18elicitation',
  elicitationAnswer: 'mk19elicitationanswer',
  requestState: 'mk20requeststate',
  inputResponse: 'mk21inputresponse',
  promptArgument: 'mk22promptargument',
  promptText: 'mk23prompttext',
  location: 'mk24location',
  subject: 'mk25subject',
  deviceAgent: 'mk26deviceagent',
  logData: 'mk27logdata',
  logger: 'mk28logger',
  progress: 'mk29progress',
  completion: 'mk30completion',
  header: 'mk31header',
  answerHeader: 'mk32answerheader',
  instructions: 'mk33instructions',
  description: 'mk34description',
  resourceText: 'mk35resourcetext',
  httpError: 'mk36httperror',
  cancelReason: 'mk37cancelreason',
  baggage: 'mk38baggage',
  metaOther: 'mk39metaother',
  unread: 'mk40unread',
} as const;

/** What is a secret in a payload too, where the rest may be captured. */
export const REDACTED = {
  password: 'mk50password',
  apiToken: 'mk51apitoken',
  bearer: 'mk52bearer',
  nested: 'mk53nested',
} as const;

/** Ids, exported as they are unless `--hash-ids` is given. */
export const ID = {
  session: 'mk60-session-id',
  conversation: 'mk61-conversation-id',
  toolCall: 'mk62-tool-call-id',
} as const;

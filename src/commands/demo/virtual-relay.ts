import type { JsonObject } from '../../simulator/json.ts';
import type { Random } from '../../simulator/random.ts';
import type { Reply, Wire } from '../../simulator/wire.ts';
import { Slots } from '../../transport/wire/slots.ts';
import { openExchange, type Request, type VirtualExchange, type VirtualExchangeContext } from './virtual-exchange.ts';

/** What a client does beyond its profile. */
export interface Habits {
  /** It cancels requests that take longer. */
  readonly patienceMs?: number;
  /** How its user answers a request of the server, and after how long. */
  readonly reply?: (request: JsonObject, random: Random) => { readonly result: JsonObject; readonly ms: number };
}

/** A relay without sockets: it turns what clients and app send each other into wire events. */
export interface VirtualRelay {
  wire(habits: Habits): Wire;
  /** The number of requests and notifications that went through it in both directions, without progress notifications. */
  messages(): number;
  /** Ends all open exchanges, and accepts no more. */
  cut(): void;
}

const NOBODY: Reply = { kind: 'unreachable', ms: 0, error: new Error('it is over') };

export function createVirtualRelay(shared: Omit<VirtualExchangeContext, 'slots'>): VirtualRelay {
  const context: VirtualExchangeContext = { ...shared, slots: new Slots() };
  const { timers, random, fault } = context;
  const open = new Set<VirtualExchange>();
  let messages = 0;
  let isCut = false;

  const begin = (request: Request, onMessage: (message: JsonObject) => void): VirtualExchange => {
    const exchange = openExchange(context, request, onMessage);
    open.add(exchange);
    exchange.reply.then(() => open.delete(exchange), fault);
    return exchange;
  };

  const wire = ({ patienceMs, reply }: Habits): Wire => {
    const ask = async (request: Request): Promise<Reply> => {
      if (isCut) return NOBODY;
      const { message, headers } = request;
      const post = (own: JsonObject): void => {
        ask({ method: 'POST', headers, message: { jsonrpc: '2.0', ...own } }).catch(fault);
      };
      if (message !== undefined && 'method' in message) messages += 1;
      const exchange = begin(request, (heard) => {
        if (!('method' in heard) || heard['id'] === undefined) return;
        messages += 1;
        const replied = reply?.(heard, random);
        if (replied !== undefined) timers.after(replied.ms, () => post({ id: heard['id'], result: replied.result }));
      });
      const requestId = message?.['id'];
      if (patienceMs === undefined || requestId === undefined) return exchange.reply;
      const forget = timers.after(patienceMs, () => {
        post({ method: 'notifications/cancelled', params: { requestId, reason: 'Request timed out' } });
        exchange.close('client-left');
      });
      const answered = await exchange.reply;
      forget();
      return answered;
    };
    return {
      post: (message, headers) => ask({ method: 'POST', headers, message }),
      delete: (headers) => ask({ method: 'DELETE', headers }),
      submit: (headers, path, text) => ask({ method: 'POST', headers, path, text }),
      get: (headers, path) => ask({ method: 'GET', headers, ...(path !== undefined && { path }) }),
      stream(headers) {
        const nothing = Promise.resolve(undefined);
        if (isCut) return { opened: nothing, endpoint: nothing, close: () => Promise.resolve() };
        const exchange = begin({ method: 'GET', headers }, () => undefined);
        return {
          opened: exchange.head,
          endpoint: nothing,
          async close() {
            exchange.close('client-left');
            await exchange.reply;
          },
        };
      },
    };
  };

  return {
    wire,
    messages: () => messages,
    cut() {
      isCut = true;
      for (const exchange of open) exchange.close('client-left');
    },
  };
}

import { Client, type buildConnector, type Dispatcher } from 'undici';
import { InterimFilter } from './interim-answers.ts';

export type UpstreamRequest = Dispatcher.DispatchOptions & {
  servername: string | undefined;
  /** Set as the request is given to a connection. */
  connection: UpstreamConnection | undefined;
};

/** One connection of a pool, which opens another in its place when it is closed. */
export class UpstreamConnection extends Client {
  readonly #interim: InterimFilter;
  #requests = 0;

  constructor(origin: URL, options: Client.Options, connect: buildConnector.connector) {
    const interim = new InterimFilter();
    super(origin, {
      ...options,
      connect: (target, callback) => {
        connect(target, (...result) => {
          if (result[0] === null) interim.install(result[1]);
          callback(...result);
        });
      },
    });
    this.#interim = interim;
    this.on('connect', () => (this.#requests = 0));
  }

  override dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): boolean {
    request.connection = this;
    return super.dispatch(request, handler);
  }

  /** A request is being sent. Returns whether another was sent on this connection before. */
  begin(): boolean {
    this.#interim.await();
    return this.#requests++ > 0;
  }
}

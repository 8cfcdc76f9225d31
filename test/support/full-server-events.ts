import type { EventStore } from '@modelcontextprotocol/server';

type Message = Parameters<EventStore['storeEvent']>[1];

/** Keeps every event of a session, so that a client that comes back gets what it missed. */
export function createEventStore(): EventStore {
  const events: { id: string; streamId: string; message: Message }[] = [];
  return {
    storeEvent: (streamId, message) => {
      const id = `${streamId}:${events.length}`;
      events.push({ id, streamId, message });
      return Promise.resolve(id);
    },
    async replayEventsAfter(lastEventId, { send }) {
      const last = events.findIndex(({ id }) => id === lastEventId);
      const stream = events[last]?.streamId;
      if (stream === undefined) throw new Error(`no event has the id ${lastEventId}`);
      for (const { id, streamId, message } of events.slice(last + 1)) {
        // The priming event is an empty object: there is nothing in it to send again.
        if (streamId === stream && Object.keys(message).length > 0) await send(id, message);
      }
      return stream;
    },
  };
}

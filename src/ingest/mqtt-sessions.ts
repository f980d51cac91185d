import type { Aedes } from 'aedes';

interface Subscription {
  readonly clientId: string;
}

/** The part of aedes's in-memory persistence that holds messages back for absent subscribers. */
interface Outgoing {
  outgoingEnqueueCombi(subscriptions: readonly Subscription[], packet: object): Promise<void>;
  outgoingClearMessageId(client: { readonly id: string }, packet: object): Promise<object | undefined>;
}

/**
 * Bounds the queue of each persistent session, which aedes's in-memory persistence lets grow for as long as
 * the subscriber stays away. A full queue takes nothing more until its owner has read it; events are not
 * lost by that, they stay in the journal and can be read there. Call after `listen()`.
 */
export function boundSessions(broker: Aedes, messages_max: number, onDropped: () => void): void {
  const { persistence } = broker as unknown as { persistence: Outgoing };
  const lengths = new Map<string, number>();
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);

  persistence.outgoingEnqueueCombi = (subscriptions, packet) => {
    const taken = subscriptions.filter(({ clientId }) => {
      const length = lengths.get(clientId) ?? 0;
      if (length >= messages_max) {
        onDropped();
        return false;
      }
      lengths.set(clientId, length + 1);
      return true;
    });
    return enqueue(taken, packet);
  };
  persistence.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    const length = lengths.get(client.id);
    if (cleared !== undefined && length !== undefined) {
      if (length > 1) lengths.set(client.id, length - 1);
      else lengths.delete(client.id);
    }
    return cleared;
  };
}

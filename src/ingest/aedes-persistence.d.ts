/** aedes's persistence in memory, as far as it is used here; the package's own types do not reach this file. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { Readable } from 'node:stream';
  import type { Client, Subscription } from 'aedes';

  class MemoryPersistence {
    setup(broker: unknown): Promise<void>;
    storeRetained(packet: object): Promise<void>;
    addSubscriptions(client: Client, subscriptions: readonly Subscription[]): Promise<void>;
    removeSubscriptions(client: Client, filters: string[]): Promise<void>;
    cleanSubscriptions(client: Client): Promise<void>;
    outgoingEnqueue(subscription: { clientId: string }, packet: object): Promise<void>;
    outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: object): Promise<void>;
    outgoingUpdate(client: Client, packet: object): Promise<void>;
    outgoingClearMessageId(client: Client, packet: object): Promise<object | undefined>;
    outgoingStream(client: Client): Readable;
    /** Rejects where there is no such packet. */
    incomingGetPacket(client: Client, packet: object): Promise<unknown>;
  }
  export = MemoryPersistence;
}

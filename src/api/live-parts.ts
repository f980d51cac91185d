/** The cameras as they are now. */
export interface LiveParts {
  /** Why a camera cannot be looked at; undefined where it can. */
  refusal(cameraId: string): 'unknown-camera' | 'too-many-viewers' | undefined;
  /** Sends to a connection what its camera shows; returns how it leaves. */
  join(
    cameraId: string,
    connection: {
      send(data: string | Uint8Array): void;
      readonly waiting_bytes: number;
      close(reason: string): void;
    },
  ): () => void;
}

/** Message ids (JT/T 808-2019, table A.1). Those with the top bit come from the platform. */
export const MESSAGE = {
  terminalAck: 0x0001,
  heartbeat: 0x0002,
  deregister: 0x0003,
  timeQuery: 0x0004,
  terminalResend: 0x0005,
  register: 0x0100,
  authenticate: 0x0102,
  location: 0x0200,
  locationBatch: 0x0704,
  multimediaEvent: 0x0800,
  multimediaData: 0x0801,
  platformAck: 0x8001,
  resend: 0x8003,
  timeAnswer: 0x8004,
  registerAnswer: 0x8100,
  multimediaAnswer: 0x8800,
} as const;

/** A message id as the standard writes it: `0x0200`. */
export function messageIdText(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`;
}

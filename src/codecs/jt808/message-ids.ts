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
  parameterAnswer: 0x0104,
  positionAnswer: 0x0201,
  locationBatch: 0x0704,
  multimediaEvent: 0x0800,
  multimediaData: 0x0801,
  shotAnswer: 0x0805,
  platformAck: 0x8001,
  resend: 0x8003,
  timeAnswer: 0x8004,
  registerAnswer: 0x8100,
  parameterQuery: 0x8104,
  someParametersQuery: 0x8106,
  positionQuery: 0x8201,
  track: 0x8202,
  text: 0x8300,
  multimediaAnswer: 0x8800,
  shoot: 0x8801,
} as const;

/** A message id as the standard writes it: `0x0200`. */
export function messageIdText(id: number): string {
  return `0x${id.toString(16).padStart(4, '0')}`;
}

/** What a client asks for in the `Transport` header of SETUP. */
export type TransportRequest =
  | { readonly kind: 'tcp'; readonly channel?: number }
  | { readonly kind: 'udp'; readonly rtpPort: number; readonly rtcpPort: number };

/** The first offer of a `Transport` header (RFC 2326, 12.39) that is served; undefined where none is. */
export function chooseTransport(header: string): TransportRequest | undefined {
  for (const offer of header.split(',')) {
    const [profile = '', ...parameters] = offer
      .trim()
      .split(';')
      .map((part) => part.trim());
    if (parameters.includes('multicast') || /mode="?record/i.test(offer)) continue;
    if (profile === 'RTP/AVP/TCP') return tcpOffer(parameters);
    // `destination` is not looked at: packets go nowhere but to the address that asked.
    const udp = profile === 'RTP/AVP' || profile === 'RTP/AVP/UDP' ? udpOffer(parameters) : undefined;
    if (udp !== undefined) return udp;
  }
  return undefined;
}

function tcpOffer(parameters: readonly string[]): TransportRequest {
  const channel = Number(matchOf(parameters, /^interleaved=(\d{1,3})(?:-\d{1,3})?$/)?.[1] ?? Number.NaN);
  return channel <= 254 ? { kind: 'tcp', channel } : { kind: 'tcp' };
}

function udpOffer(parameters: readonly string[]): TransportRequest | undefined {
  const ports = matchOf(parameters, /^client_port=(\d{1,5})(?:-(\d{1,5}))?$/);
  const rtpPort = Number(ports?.[1] ?? 0);
  const rtcpPort = Number(ports?.[2] ?? rtpPort + 1);
  const isPort = (port: number): boolean => port >= 1 && port <= 65_535;
  return isPort(rtpPort) && isPort(rtcpPort) ? { kind: 'udp', rtpPort, rtcpPort } : undefined;
}

function matchOf(parameters: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const parameter of parameters) {
    const match = pattern.exec(parameter);
    if (match !== null) return match;
  }
  return undefined;
}

import { randomUUID } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** A device that answered a probe. Every text is the device's own: bounded, and without control characters. */
export interface DiscoveredCamera {
  /** Where its answer came from. */
  readonly address: string;
  /** Its device services, http(s) only. */
  readonly services: readonly string[];
  readonly name?: string;
  readonly hardware?: string;
  readonly location?: string;
}

/** Whom to ask, how long to listen, and from where. */
export interface DiscoveryOptions {
  /** Asked one by one, where multicast does not get through; without them all that listen are asked at once. */
  readonly targets?: readonly { readonly address: string; readonly port?: number }[];
  readonly timeout_ms: number;
  /** Own IPv4 address whose network is asked; the system's choice where it is left out. */
  readonly from?: string;
  readonly signal?: AbortSignal;
}

/** WS-Discovery 1.1, 2.4: the group and port that ad hoc probes go to. */
const GROUP = '239.255.255.250';
const PORT = 3702;
/** A probe is lost easily: it is sent again after this. */
const AGAIN_MS = 500;
const CAMERAS_MAX = 10_000;
const SERVICES_MAX = 8;
const TEXT_CHARS_MAX = 300;
const PROBES_AT_ONCE = 64;

/**
 * Finds cameras with WS-Discovery probes for ONVIF's network video transmitters. The library's own discovery reaches one
 * network by multicast alone, throws on a socket's error and takes one malformed answer for a failure of all; so this is ours.
 * Answers that are none are passed over. Rejects where the socket cannot be opened.
 */
export async function discoverCameras(options: DiscoveryOptions): Promise<DiscoveredCamera[]> {
  const { targets, timeout_ms, from, signal } = options;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const found = new Map<string, DiscoveredCamera>();
  const messageId = `uuid:${randomUUID()}`;
  socket.on('message', (message, sender) => note(found, message.toString('utf8'), sender, messageId));
  try {
    await bound(socket, from);
    if (targets === undefined && from !== undefined) socket.setMulticastInterface(from);
    const until_ms = performance.now() + timeout_ms;
    await probe(socket, targets, messageId);
    await wait(Math.min(AGAIN_MS, timeout_ms / 2), signal);
    if (signal?.aborted !== true) await probe(socket, targets, messageId);
    await wait(until_ms - performance.now(), signal);
    return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  } finally {
    socket.close();
  }
}

function bound(socket: Socket, from: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port: 0, ...(from === undefined ? {} : { address: from }) }, () => {
      socket.off('error', reject);
      // Hosts without a listener answer with ICMP errors: they are no cameras.
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

async function probe(socket: Socket, targets: DiscoveryOptions['targets'], messageId: string): Promise<void> {
  const message = Buffer.from(probeMessage(messageId));
  const all = targets ?? [{ address: GROUP }];
  for (let i = 0; i < all.length; i += PROBES_AT_ONCE) {
    const sent = all
      .slice(i, i + PROBES_AT_ONCE)
      .map(
        ({ address, port = PORT }) =>
          new Promise<Error | null>((resolve) => socket.send(message, port, address, resolve)),
      );
    const errors = (await Promise.all(sent)).filter((error) => error !== null);
    // Of many hosts some may be out of reach; where nobody can be reached the person must know why.
    const [error] = errors;
    if (error !== undefined && errors.length === all.length) throw error;
  }
}

/** WS-Discovery 5.2 in the 2005/04 version that ONVIF Core 7.3 asks for. */
function probeMessage(messageId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><a:MessageID>${messageId}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>
<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body>
</s:Envelope>`;
}

function note(
  found: Map<string, DiscoveredCamera>,
  message: string,
  { address }: RemoteInfo,
  messageId: string,
): void {
  if (found.size >= CAMERAS_MAX || !message.includes('ProbeMatches') || !message.includes(messageId)) return;
  const services = element(message, 'XAddrs')
    .split(/\s+/)
    .filter((text) => /^https?:\/\//i.test(text) && URL.canParse(text))
    .slice(0, SERVICES_MAX)
    .map(plain);
  if (services.length === 0) return;
  const scopes = element(message, 'Scopes').split(/\s+/);
  const scope = (name: string): string | undefined => {
    const prefix = `onvif://www.onvif.org/${name}/`;
    const value = scopes.find((text) => text.toLowerCase().startsWith(prefix))?.slice(prefix.length);
    return value === undefined || value === '' ? undefined : plain(unescaped(value));
  };
  const [name, hardware, location] = [scope('name'), scope('hardware'), scope('location')];
  found.set(element(message, 'Address') || address, {
    address,
    services,
    ...(name === undefined ? {} : { name }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(location === undefined ? {} : { location }),
  });
}

/** Text of the first element of this name in the body, whatever its prefix. A datagram is too small to be worth a parser. */
function element(message: string, name: string): string {
  const body = message.slice(Math.max(0, message.indexOf('ProbeMatches')));
  return new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(body)?.[1]?.trim() ?? '';
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function plain(text: string): string {
  return text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX);
}

function wait(delay_ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (delay_ms <= 0 || signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delay_ms);
    signal?.addEventListener('abort', done);
  });
}

/** The hosts of an IPv4 subnet such as 192.0.2.0/24, without its own and its broadcast address; in words why it is none. */
export function subnetHosts(subnet: string): string[] | string {
  const [, a, b, c, d, bits] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(subnet) ?? [];
  const parts = [a, b, c, d].map(Number);
  const prefix = Number(bits);
  if (parts.some((part) => !(part <= 255)) || !(prefix <= 32)) return 'a subnet is written like 192.0.2.0/24';
  if (prefix < 20) return 'at most a /20, 4,094 hosts, at once';
  const size = 2 ** (32 - prefix);
  const given = parts.reduce((sum, part) => sum * 256 + part, 0);
  const first = given - (given % size);
  const edge = prefix >= 31 ? 0 : 1;
  return Array.from({ length: size - 2 * edge }, (_none, i) => {
    const host = first + edge + i;
    return [24, 16, 8, 0].map((shift) => Math.floor(host / 2 ** shift) % 256).join('.');
  });
}

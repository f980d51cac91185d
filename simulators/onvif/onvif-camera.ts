import { createSocket, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { elementText, envelope, escaped, fault, isTokenRight, readSoap } from './soap.ts';

/** A stream that the simulated camera offers. */
export interface OnvifStream {
  readonly token: string;
  readonly name: string;
  readonly codec: 'H264' | 'H265';
  readonly width_px: number;
  readonly height_px: number;
  readonly fps: number;
  readonly uri: string;
}

/** A simulated camera's ONVIF side. */
export interface OnvifCameraOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly name: string;
  readonly streams: readonly OnvifStream[];
  readonly login?: { readonly user: string; readonly password: string };
  /** How far its clock is ahead. */
  readonly clockAhead_ms?: number;
  /** Port for WS-Discovery probes, 0 picks a free one; with `group` those to the multicast group are heard too. */
  readonly discovery?: { readonly port: number; readonly group?: boolean };
}

/** A running one. */
export interface OnvifCamera {
  /** Its device service. */
  readonly url: string;
  readonly discoveryPort: number | undefined;
  setClock(ahead_ms: number): void;
  stop(): Promise<void>;
}

const REQUEST_BYTES_MAX = 64 * 1024;
const GROUP = '239.255.255.250';
const SERVICE = '/onvif/device_service';
const MEDIA = '/onvif/media_service';

/** Starts a camera that answers ONVIF's questions about time, device, profiles and addresses, and WS-Discovery probes. */
export async function startOnvifCamera(options: OnvifCameraOptions): Promise<OnvifCamera> {
  let ahead_ms = options.clockAhead_ms ?? 0;
  const server = createServer((request, response) => {
    void take(request, response, (text) => answer(text, options, base(server, options.host), ahead_ms));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const url = base(server, options.host) + SERVICE;
  const socket = options.discovery === undefined ? undefined : await listen(options.discovery, options, url);
  return {
    url,
    discoveryPort: socket?.address().port,
    setClock: (ms) => {
      ahead_ms = ms;
    },
    stop: async () => {
      socket?.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function base(server: Server, host: string): string {
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  reply: (text: string) => { status: number; body: string },
): Promise<void> {
  let text = '';
  try {
    for await (const chunk of request) {
      text += String(chunk);
      if (text.length > REQUEST_BYTES_MAX) return void response.writeHead(413).end();
    }
  } catch {
    return;
  }
  const { status, body } = reply(text);
  response.writeHead(status, { 'Content-Type': 'application/soap+xml; charset=utf-8' }).end(body);
}

function answer(
  text: string,
  options: OnvifCameraOptions,
  at: string,
  ahead_ms: number,
): { status: number; body: string } {
  const request = readSoap(text);
  if (request === undefined) return { status: 400, body: fault('WellFormed', 'not a SOAP request') };
  const { action } = request;
  // Core 5.12.1: the time is told to everybody, for without it nobody can make a token.
  if (action === 'GetSystemDateAndTime') return ok(dateAndTime(Date.now() + ahead_ms));
  const { login } = options;
  if (login !== undefined && !isTokenRight(text, login.user, login.password))
    return { status: 400, body: fault('NotAuthorized', 'sender not authorized') };
  if (action === 'GetServices') return ok(services(at));
  if (action === 'GetDeviceInformation') return ok(deviceInformation(options.name));
  if (action === 'GetProfiles') return ok(profiles(options.streams));
  if (action === 'GetVideoSources') return ok(videoSources(options.streams));
  if (action === 'GetStreamUri') {
    const stream = options.streams.find(({ token }) => token === elementText(text, 'ProfileToken'));
    if (stream === undefined) return { status: 400, body: fault('NoProfile', 'no such profile') };
    return ok(mediaUri('GetStreamUri', stream.uri));
  }
  return { status: 500, body: fault('ActionNotSupported', `${action} is not served`) };
}

function ok(body: string): { status: number; body: string } {
  return { status: 200, body: envelope(body) };
}

function dateAndTime(now_ms: number): string {
  const now = new Date(now_ms);
  const time = `<tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time>`;
  const date = `<tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date>`;
  return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>${time}${date}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
}

function services(at: string): string {
  const service = (namespace: string, path: string): string =>
    `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/${namespace}/wsdl</tds:Namespace><tds:XAddr>${at}${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>40</tt:Minor></tds:Version></tds:Service>`;
  return `<tds:GetServicesResponse>${service('device', SERVICE)}${service('media', MEDIA)}</tds:GetServicesResponse>`;
}

function deviceInformation(name: string): string {
  return `<tds:GetDeviceInformationResponse><tds:Manufacturer>Xuncheng</tds:Manufacturer><tds:Model>${escaped(name)}</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>SIM-1</tds:SerialNumber><tds:HardwareId>simulator</tds:HardwareId></tds:GetDeviceInformationResponse>`;
}

function profiles(streams: readonly OnvifStream[]): string {
  const all = streams.map(
    ({ token, name, codec, width_px, height_px, fps }) =>
      `<trt:Profiles token="${escaped(token)}" fixed="true"><tt:Name>${escaped(name)}</tt:Name><tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>source</tt:SourceToken><tt:Bounds x="0" y="0" width="${width_px}" height="${height_px}"/></tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="encoder-${escaped(token)}"><tt:Name>${escaped(name)}</tt:Name><tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${width_px}</tt:Width><tt:Height>${height_px}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>${fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>`,
  );
  return `<trt:GetProfilesResponse>${all.join('')}</trt:GetProfilesResponse>`;
}

function videoSources([first]: readonly OnvifStream[]): string {
  const { width_px = 0, height_px = 0, fps = 0 } = first ?? {};
  return `<trt:GetVideoSourcesResponse><trt:VideoSources token="source"><tt:Framerate>${fps}</tt:Framerate><tt:Resolution><tt:Width>${width_px}</tt:Width><tt:Height>${height_px}</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>`;
}

function mediaUri(action: string, uri: string): string {
  return `<trt:${action}Response><trt:MediaUri><tt:Uri>${escaped(uri)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:${action}Response>`;
}

/** Answers WS-Discovery probes; for those to the group the system must have a network with multicast. */
async function listen(
  { port, group }: NonNullable<OnvifCameraOptions['discovery']>,
  { host, name }: OnvifCameraOptions,
  url: string,
): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (message, { address, port: from }) => {
    const text = message.toString('utf8');
    const id = elementText(text, 'MessageID');
    if (id === undefined || readSoap(text)?.action !== 'Probe') return;
    const types = elementText(text, 'Types') ?? '';
    if (types !== '' && !types.includes('NetworkVideoTransmitter')) return;
    socket.send(probeMatches(id, name, url), from, address, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(group === true ? { port } : { port, address: host }, resolve);
  });
  socket.on('error', () => undefined);
  if (group === true) socket.addMembership(GROUP, host === '0.0.0.0' ? undefined : host);
  return socket;
}

function probeMatches(relatesTo: string, name: string, url: string): string {
  const scopes = `onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/${encodeURIComponent(name)} onvif://www.onvif.org/hardware/simulator`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:RelatesTo>${escaped(relatesTo)}</a:RelatesTo><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:${escaped(new URL(url).host)}</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${url}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`;
}

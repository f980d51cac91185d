import { createHash, timingSafeEqual } from 'node:crypto';

/** A request as far as a simulated camera reads it. */
export interface SoapRequest {
  /** Local name of the body's first element, such as GetProfiles. */
  readonly action: string;
  readonly text: string;
}

/** The action of a SOAP request; undefined where the text is none. */
export function readSoap(text: string): SoapRequest | undefined {
  const body = /<(?:[\w.-]+:)?Body\b[^>]*>/.exec(text);
  if (body === null) return undefined;
  const action = /<(?:[\w.-]+:)?([A-Za-z]+)/.exec(text.slice(body.index + body[0].length))?.[1];
  return action === undefined ? undefined : { action, text };
}

/** Text of the first element of this name, whatever its prefix. */
export function elementText(text: string, name: string): string | undefined {
  return new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(text)?.[1]?.trim();
}

/** Whether the request's WS-UsernameToken is right: base64(SHA-1(nonce + created + password)) (WSS UsernameToken 1.1, 3.1). */
export function isTokenRight(text: string, user: string, password: string): boolean {
  const digest = elementText(text, 'Password') ?? '';
  const nonce = Buffer.from(elementText(text, 'Nonce') ?? '', 'base64');
  const created = elementText(text, 'Created') ?? '';
  const wanted = createHash('sha1').update(nonce).update(created).update(password).digest();
  const given = Buffer.from(digest, 'base64');
  return (
    elementText(text, 'Username') === user && given.length === wanted.length && timingSafeEqual(given, wanted)
  );
}

/** A SOAP 1.2 answer around a body. */
export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>${body}</s:Body></s:Envelope>`;
}

/** A SOAP 1.2 fault with one of ONVIF's subcodes (Core 5.8). */
export function fault(subcode: string, reason: string): string {
  return envelope(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">${escaped(reason)}</s:Text></s:Reason></s:Fault>`,
  );
}

/** Text as it may stand in an element. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

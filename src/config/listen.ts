import type { TlsPaths } from '../runtime/tls-files.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ConfigFile } from './schema.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** What in the listeners contradicts itself. */
export function listenProblems(yaml: YamlFile<ConfigFile>): Problem[] {
  const { listen, tls, open_mqtt } = yaml.value;
  const problems: Problem[] = [];
  const refuse = (path: readonly string[], message: string): void => {
    problems.push(yaml.problem(path, message));
  };
  if (tls === undefined) {
    if (listen.http.tls) refuse(['listen', 'http', 'tls'], 'needs a certificate: tls.cert and tls.key');
    if (listen.mqtts !== undefined) refuse(['listen', 'mqtts'], 'needs a certificate: tls.cert and tls.key');
  } else if (tls.client_crl !== undefined && tls.client_ca === undefined) {
    refuse(['tls', 'client_crl'], 'says nothing without tls.client_ca');
  }
  // MQTT comes through each of them.
  for (const name of ['http', 'mqtt', 'mqtts'] as const) {
    const host = listen[name]?.host;
    if (open_mqtt === undefined || host === undefined || LOOPBACK.test(host)) continue;
    refuse(['listen', name], 'open_mqtt asks for no credentials, which is for loopback alone');
  }
  return problems;
}

/** The files of the certificate, as absolute paths. */
export function tlsPaths(
  { cert, key, client_ca, client_crl }: NonNullable<ConfigFile['tls']>,
  beside: (path: string) => string,
): TlsPaths {
  return {
    cert: beside(cert),
    key: beside(key),
    ...(client_ca === undefined ? {} : { clientCa: beside(client_ca) }),
    ...(client_crl === undefined ? {} : { clientCrl: beside(client_crl) }),
  };
}

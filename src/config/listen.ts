import type { TlsPaths } from '../runtime/tls-files.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ConfigFile } from './schema.ts';

/** What in the listeners contradicts itself. */
export function listenProblems(yaml: YamlFile<ConfigFile>): Problem[] {
  const { listen, tls } = yaml.value;
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

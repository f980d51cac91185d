import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as files and as what is in them. */
export interface IssuedCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** True where the program that makes certificates is installed. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** An authority of its own in `dir`, with which certificates are made and revoked. */
export class TestAuthority {
  readonly #dir: string;
  readonly #name: string;
  readonly certFile: string;
  readonly #keyFile: string;
  #issued = 0;

  constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
    this.certFile = join(dir, `${name}.pem`);
    this.#keyFile = join(dir, `${name}.key`);
    const files = ['-keyout', this.#keyFile, '-out', this.certFile];
    openssl(['req', '-x509', ...NEW_KEY, '-subj', `/CN=${name}`, '-days', '30', ...files]);
  }

  get cert(): Buffer {
    return readFileSync(this.certFile);
  }

  /** Issues a certificate for a subject's CN, with alternative names as openssl writes them. */
  issue(cn: string, altNames?: string): IssuedCertificate {
    this.#issued += 1;
    const base = join(this.#dir, `${this.#name}-${this.#issued}`);
    const signed = ['-CA', this.certFile, '-CAkey', this.#keyFile, '-days', '20'];
    const names = altNames === undefined ? [] : ['-addext', `subjectAltName=${altNames}`];
    const files = ['-keyout', `${base}.key`, '-out', `${base}.pem`];
    openssl(['req', '-x509', ...NEW_KEY, '-subj', `/CN=${cn}`, ...names, ...signed, ...files]);
    const [certFile, keyFile] = [`${base}.pem`, `${base}.key`];
    return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
  }

  /** Writes the list of revoked certificates, this one on it. */
  revoke({ certFile }: IssuedCertificate): string {
    const file = (name: string): string => join(this.#dir, `${this.#name}.${name}`);
    writeFileSync(file('index'), '');
    writeFileSync(file('number'), '01\n');
    writeFileSync(
      file('cnf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index')}\ncrlnumber=${file('number')}\ndefault_md=sha256\n`,
    );
    const by = ['ca', '-config', file('cnf'), '-cert', this.certFile, '-keyfile', this.#keyFile];
    openssl([...by, '-revoke', certFile]);
    openssl([...by, '-gencrl', '-crldays', '20', '-out', file('crl')]);
    return file('crl');
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

import { isRole, ROLES } from '../domain/role.ts';
import type { Database } from '../store/database.ts';
import { KeyExistsError, KeyStore } from '../store/key-store.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { DATA_OPTION, readArgs } from './options.ts';
import { withData } from './with-data.ts';

/** `xuncheng key create NAME --role ROLE | list | revoke NAME`; works beside a running gateway. */
export async function keyCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'create') {
    const { values, positionals } = readArgs(rest, { ...DATA_OPTION, role: { type: 'string' } }, 1);
    const [name = ''] = positionals;
    const role = values.role ?? '';
    if (!isRole(role)) throw new UsageError(`--role must be one of ${ROLES.join(', ')}`);
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
      throw new UsageError(`${name} is no key name (letters, digits, - _ .)`);
    const create = (db: Database): ExitCode => {
      try {
        const { key } = new KeyStore(db, Date.now).create(name, role);
        io.out(`key ${name} (${role})`);
        io.out(`secret ${key}`);
        io.out('The key is shown this once: send it as "Authorization: Bearer <key>".');
        return 0;
      } catch (error) {
        if (!(error instanceof KeyExistsError)) throw error;
        io.err(error.message);
        return 1;
      }
    };
    return withData(values.data, io, create, { mayCreate: true });
  }
  if (action === 'list') {
    const { values } = readArgs(rest, DATA_OPTION, 0);
    return withData(values.data, io, (db) => {
      for (const key of new KeyStore(db, Date.now).list())
        io.out(`${key.name}\t${key.role}\t${key.revoked ? 'revoked' : 'active'}`);
      return 0;
    });
  }
  if (action === 'revoke') {
    const { values, positionals } = readArgs(rest, DATA_OPTION, 1);
    const [name = ''] = positionals;
    return withData(values.data, io, (db) => {
      if (new KeyStore(db, Date.now).revoke(name)) {
        io.out(`${name} revoked`);
        return 0;
      }
      io.err(`no key ${name}`);
      return 1;
    });
  }
  throw new UsageError('key create NAME --role ROLE | key list | key revoke NAME');
}

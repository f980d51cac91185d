import type { ListenOptions, Server } from 'node:net';

/**
 * Opens a server and resolves with its port; rejects where it cannot listen. What goes wrong with it later is told to
 * `onFault`.
 */
export async function listenTcp(
  server: Server,
  options: ListenOptions & { readonly port: number },
  onFault: (error: Error) => void,
): Promise<{ readonly port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      server.on('error', onFault);
      resolve();
    });
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : options.port };
}

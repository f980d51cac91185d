import { createServer } from 'node:net';
import type { Config } from '../../src/config/config.ts';

/** The port itself where nobody has it, else another that is free. */
export async function freePort(host: string, port: number): Promise<number> {
  return (await probe(host, port)) ?? (await probe(host, 0)) ?? 0;
}

function probe(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

/** A configuration with other ports, and each camera where it is served. */
export function withAddresses(
  config: Config,
  to: {
    readonly httpPort: number;
    readonly mqttPort: number;
    readonly cameras: ReadonlyMap<string, string>;
  },
): Config {
  const { http, mqtt } = config.listen;
  return {
    ...config,
    listen: { ...config.listen, http: { ...http, port: to.httpPort }, mqtt: { ...mqtt, port: to.mqttPort } },
    cameras: config.cameras.map((camera) => ({ ...camera, url: to.cameras.get(camera.id) ?? camera.url })),
  };
}

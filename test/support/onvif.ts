import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  type OnvifCamera,
  type OnvifCameraOptions,
  startOnvifCamera,
} from '../../simulators/onvif/onvif-camera.ts';

/** Login of the cameras of {@link onvifCamera}. */
export const LOGIN = { user: 'inspector', password: 'p@ss:word' };

/** A simulated camera with two streams and a login; stopped when the test is over. */
export async function onvifCamera(options: Partial<OnvifCameraOptions> = {}): Promise<OnvifCamera> {
  const camera = await startOnvifCamera({
    host: '127.0.0.1',
    port: 0,
    name: '路口一号',
    login: LOGIN,
    discovery: { port: 0 },
    streams: [
      {
        ...{
          token: 'sub',
          name: 'subStream',
          codec: 'H264' as const,
          width_px: 640,
          height_px: 360,
          fps: 12,
        },
        uri: 'rtsp://127.0.0.1:8554/sub',
      },
      {
        ...{
          token: 'main',
          name: 'mainStream',
          codec: 'H265' as const,
          width_px: 1920,
          height_px: 1080,
          fps: 25,
        },
        uri: 'rtsp://127.0.0.1:8554/main?channel=1&password=hidden-one',
      },
    ],
    ...options,
  });
  onTestFinished(() => camera.stop());
  return camera;
}

/** A web server that gives the same answer to everything; its address. */
export async function answeringServer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: (end: (chunk: string) => boolean) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, headers);
    body((chunk) => response.write(chunk));
    if (status !== 299) response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/onvif/device_service`;
}

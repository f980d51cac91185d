/** How one camera is read and by which detectors its frames are judged. */
export interface CameraSource {
  readonly id: string;
  /** `rtsp:` or `rtsps:`; `file:` only where the operator allowed files. May carry credentials: never print it. */
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** Frames are judged at most this often; only key frames are decoded. */
  readonly patrol_interval_ms: number;
  /** Without a frame for so long the stream counts as stalled and is opened anew. */
  readonly stall_timeout_ms: number;
  /** Names of detectors under `models/`; each gives its own detections entry. */
  readonly models: readonly string[];
}

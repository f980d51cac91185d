import { el } from './dom.js';
import { word } from './words.js';

const RETRY_MS = 3000;
/** How far the picture may be behind what has come, in seconds, and where it goes on then. */
const LAG_MAX_S = 1.5;
const LAG_S = 0.2;
/** What was shown so long ago goes, in seconds. */
const KEPT_S = 20;
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Shows a camera as it is now in `stage`. `say` gets what there is to say meanwhile, empty once there are pictures.
 * Connects again by itself. Returns the way to stop.
 */
export function showLive(cameraId, stage, say) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const address = `${scheme}://${location.host}/api/v1/cameras/${encodeURIComponent(cameraId)}/live`;
  let player;
  let socket;
  let timer;
  const drop = () => {
    player?.stop();
    player = undefined;
  };
  const told = ({ type, format, mime }) => {
    drop();
    if (type !== 'start') return say(word('liveWaiting'));
    const Media = window.ManagedMediaSource ?? window.MediaSource;
    if (format === 'mp4' && Media?.isTypeSupported(mime) !== true) return say(word('liveUnplayable'));
    const pictures = () => say('');
    const broken = () => socket.close();
    player =
      format === 'mp4'
        ? mp4Player(Media, mime, stage, { pictures, broken })
        : mpeg1Player(stage, { pictures });
  };
  const connect = () => {
    socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') told(JSON.parse(data));
      else player?.take(data);
    };
    socket.onclose = () => {
      drop();
      say(word('reconnecting'));
      timer = setTimeout(connect, RETRY_MS);
    };
  };
  say(word('liveWaiting'));
  connect();
  return () => {
    clearTimeout(timer);
    socket.onclose = null;
    socket.close();
    drop();
  };
}

/** Fragmented MP4 by MediaSource, kept near to what came last. */
function mp4Player(Media, mime, stage, { pictures, broken }) {
  const video = el('video', { muted: true, autoplay: true, playsinline: true });
  video.muted = true;
  video.disableRemotePlayback = true;
  const source = new Media();
  const url = URL.createObjectURL(source);
  const waiting = [];
  let buffer;
  let waiting_bytes = 0;

  const keepUp = () => {
    const { buffered } = buffer;
    if (buffered.length === 0) return;
    const last = buffered.length - 1;
    const end_s = buffered.end(last);
    if (video.currentTime < buffered.start(last) || end_s - video.currentTime > LAG_MAX_S) {
      video.currentTime = Math.max(buffered.start(last), end_s - LAG_S);
    }
    if (video.paused) video.play().catch(() => undefined);
    const old_s = video.currentTime - KEPT_S;
    if (buffered.start(0) < old_s - KEPT_S) buffer.remove(0, old_s);
  };
  const feed = () => {
    if (buffer === undefined || buffer.updating || source.readyState !== 'open') return;
    keepUp();
    if (buffer.updating || waiting.length === 0) return;
    const next = new Uint8Array(waiting_bytes);
    for (const bytes of waiting.splice(0)) {
      next.set(new Uint8Array(bytes), next.length - waiting_bytes);
      waiting_bytes -= bytes.byteLength;
    }
    buffer.appendBuffer(next);
  };

  source.addEventListener('sourceopen', () => {
    URL.revokeObjectURL(url);
    buffer = source.addSourceBuffer(mime);
    buffer.addEventListener('updateend', feed);
    feed();
  });
  video.addEventListener('playing', pictures);
  video.addEventListener('error', broken);
  video.src = url;
  stage.append(video);
  return {
    take(bytes) {
      waiting.push(bytes);
      waiting_bytes += bytes.byteLength;
      if (waiting_bytes > WAITING_BYTES_MAX) broken();
      else feed();
    },
    stop() {
      video.removeEventListener('error', broken);
      video.remove();
      video.removeAttribute('src');
      video.load();
    },
  };
}

/** MPEG-1 in MPEG-TS by jsmpeg, which decodes whatever has come at each repaint. */
function mpeg1Player(stage, { pictures }) {
  const canvas = el('canvas');
  const early = [];
  let destination;
  let player;
  let isOver = false;
  /** As jsmpeg wants its sources. */
  class Pushed {
    streaming = true;
    established = true;
    completed = false;
    progress = 0;
    connect(demuxer) {
      destination = demuxer;
    }
    start() {}
    resume() {}
    destroy() {}
  }
  stage.append(canvas);
  void import('./jsmpeg-player.js').then(({ default: JSMpeg }) => {
    if (isOver) return;
    player = new JSMpeg.Player('', {
      ...{ canvas, source: Pushed, audio: false, disableWebAssembly: true, pauseWhenHidden: false },
      ...{ videoBufferSize: 2 * 1024 * 1024, onVideoDecode: pictures },
    });
    for (const bytes of early.splice(0)) destination.write(bytes);
  });
  return {
    take(bytes) {
      if (destination !== undefined) destination.write(bytes);
      else early.push(bytes);
    },
    stop() {
      isOver = true;
      player?.destroy();
      canvas.remove();
    },
  };
}

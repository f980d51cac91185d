/** One event of a text/event-stream. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Characters of one event; what is longer is no event of ours. */
const EVENT_CHARS_MAX = 1_000_000;

/** Reads server-sent events from a response's body until it ends or `signal` aborts. */
export async function* readEventStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal });
  if (!response.ok || response.body === null) throw new Error(`${url}: HTTP ${response.status}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > EVENT_CHARS_MAX) throw new Error('an event of the stream is too long');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event.data !== '') yield event;
    }
  }
}

function parseEvent(block: string): StreamedEvent {
  const event = { id: '', event: 'message', data: '' };
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'data') event.data += (event.data === '' ? '' : '\n') + value;
    else if (field === 'id' || field === 'event') event[field] = value;
  }
  return event;
}

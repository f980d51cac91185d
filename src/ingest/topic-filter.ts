/** True where a topic filter matches a topic (MQTT 3.1.1, 4.7); both are taken to be well-formed. */
export function filterMatches(filter: string, topic: string): boolean {
  // A filter that begins with a wildcard matches no topic under `$` [MQTT-4.7.2-1].
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    // `a/#` matches `a` too [4.7.1.2].
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** Incident types in Chinese and English; another type shows the name of its code. */
const TYPES = {
  'stall-occupation': ['占道经营', 'Street vending'],
  'out-of-store-operation': ['店外经营', 'Out-of-store operation'],
  'illegal-dumping': ['偷倒渣土', 'Illegal dumping'],
  'exposed-garbage': ['暴露垃圾', 'Exposed garbage'],
  'overflowing-bin': ['垃圾满溢', 'Overflowing bin'],
  'dust-exceedance': ['扬尘超标', 'Dust exceedance'],
  'noise-exceedance': ['噪声超标', 'Noise exceedance'],
  'truck-uncovered-load': ['渣土车未覆盖', 'Uncovered load'],
  'truck-off-route': ['渣土车偏离路线', 'Truck off route'],
  'truck-restricted-area': ['渣土车驶入禁区', 'Truck in restricted area'],
  'truck-overspeed': ['渣土车超速', 'Truck overspeed'],
  'truck-suspicious-stop': ['渣土车可疑停留', 'Suspicious truck stop'],
  'device-offline': ['设备离线', 'Device offline'],
  'camera-frozen': ['画面冻结', 'Camera frozen'],
  'camera-obscured': ['镜头遮挡', 'Camera obscured'],
  'camera-moved': ['镜头移位', 'Camera moved'],
  'sensor-flatline': ['传感器恒值', 'Sensor flatline'],
  'position-lost': ['定位丢失', 'Position lost'],
};

/** Words of the page: Chinese, English. */
const WORDS = {
  skip: ['跳到事件列表', 'Skip to the incidents'],
  signIn: ['登录', 'Sign in'],
  signInWhy: ['请使用本网关的 API 密钥。', 'With an API key of this gateway.'],
  apiKey: ['API 密钥', 'API key'],
  signOut: ['退出', 'Sign out'],
  incidents: ['事件', 'Incidents'],
  type: ['类型', 'Type'],
  status: ['状态', 'Status'],
  all: ['全部', 'All'],
  allTypes: ['全部类型', 'All types'],
  open: ['进行中', 'Open'],
  ended: ['已结束', 'Ended'],
  more: ['更多', 'More'],
  shown: ['显示 {0} 条', '{0} shown'],
  fresh: ['{0} 条新事件', '{0} new'],
  empty: ['没有符合条件的事件。', 'No incident fits.'],
  emptyQuiet: ['目前没有事件，网关正在巡查。', 'Nothing has happened yet. The gateway is watching.'],
  openCount: ['进行中', 'open'],
  candidateCount: ['待核查', 'to decide'],
  inHandCount: ['在办', 'in hand'],
  live: ['实时', 'Live'],
  reconnecting: ['正在重新连接', 'Reconnecting'],
  healthy: ['运行正常', 'All parts ready'],
  unhealthy: ['{0} 个部件异常', '{0} not ready'],
  unreachable: ['网关无响应', 'Gateway unreachable'],
  health: ['运行状态', 'Health'],
  ready: ['正常', 'ready'],
  notReady: ['异常', 'not ready'],
  close: ['关闭', 'Close'],
  accept: ['立案', 'Accept'],
  reject: ['不立案', 'Reject'],
  note: ['备注', 'Note'],
  noteHint: ['说明（可选），写入处置记录', 'Why (optional), kept in the history'],
  severity: ['等级', 'Severity'],
  severity1: ['轻微', 'Minor'],
  severity2: ['一般', 'Moderate'],
  severity3: ['较重', 'Serious'],
  severity4: ['严重', 'Severe'],
  confidence: ['置信度', 'Confidence'],
  began: ['开始', 'Began'],
  lastSeen: ['最近发现', 'Last seen'],
  endedAt: ['结束', 'Ended'],
  lasted: ['持续 {0}', 'lasted {0}'],
  since: ['已持续 {0}', 'for {0}'],
  place: ['位置', 'Place'],
  zone: ['区域', 'Zone'],
  grid: ['网格', 'Grid'],
  code: ['类别', 'Code'],
  subject: ['对象', 'Subject'],
  rule: ['规则', 'Rule'],
  model: ['模型', 'Model'],
  version: ['版本', 'Version'],
  sources: ['来源', 'Sources'],
  missing: ['缺失', 'Missing'],
  measures: ['量值', 'Measures'],
  evidence: ['证据', 'Evidence'],
  noEvidence: ['暂无证据', 'No evidence yet'],
  evidenceGone: ['证据文件已不在', 'The file is no longer there'],
  history: ['处置记录', 'History'],
  case: ['案件', 'Case'],
  leasedTo: ['由 {0} 处理中，至 {1}', 'with {0} until {1}'],
  annotated: ['标注', 'Annotated'],
  raw: ['原图', 'As taken'],
  snapshot: ['照片', 'Picture'],
  clip: ['视频', 'Clip'],
  track: ['轨迹', 'Track'],
  series: ['曲线', 'Series'],
  limit: ['限值', 'Limit'],
  stop: ['停留', 'stop'],
  lifted: ['举升', 'lifted'],
  open_: ['打开原文件', 'Open the file'],
  camera: ['视频', 'Camera'],
  gps: ['定位', 'GPS'],
  dust: ['扬尘', 'Dust'],
  noise: ['噪声', 'Noise'],
  yes: ['是', 'yes'],
  no: ['否', 'no'],
  newIncident: ['新事件：{0}', 'New incident: {0}'],
  tooMany: ['尝试次数过多，请稍后再试。', 'Too many attempts. Try again in a minute.'],
  wrongKey: ['密钥无效。', 'This key is not known.'],
  failed: ['操作失败：{0}', 'That failed: {0}'],
  sessionOver: ['会话已结束，请重新登录。', 'The session is over. Please sign in again.'],
  state_candidate: ['待核查', 'Candidate'],
  state_accepted: ['已立案', 'Accepted'],
  state_rejected: ['不立案', 'Rejected'],
  state_withdrawn: ['已撤回', 'Withdrawn'],
  state_dispatched: ['已派遣', 'Dispatched'],
  state_handled: ['已处置', 'Handled'],
  state_verified: ['已核实', 'Verified'],
  state_reopened: ['重新打开', 'Reopened'],
  state_closed: ['已结案', 'Closed'],
};

/** Measures by name: Chinese, English. Units come from the name's ending. */
const MEASURES = {
  dwell: ['停留时长', 'Dwell'],
  limit: ['限值', 'Limit'],
  mean: ['均值', 'Mean'],
  peak: ['峰值', 'Peak'],
  max: ['最大值', 'Maximum'],
  boxes: ['目标数', 'Boxes'],
  count: ['数量', 'Count'],
  metric: ['指标', 'Metric'],
  period: ['时段', 'Period'],
  window: ['窗口', 'Window'],
  standing: ['停车时长', 'Standing'],
  lift: ['举升', 'Lift'],
  lifted: ['举升', 'Lifted'],
  load: ['载荷', 'Load'],
  road_class: ['道路等级', 'Road class'],
};
const UNITS = [
  ['_ug_m3', 'µg/m³'],
  ['_dba', 'dB(A)'],
  ['_kmh', 'km/h'],
  ['_mps', 'm/s'],
  ['_pct', '%'],
  ['_share', ''],
  ['_min', 'min'],
  ['_ms', 'ms'],
  ['_c', '°C'],
  ['_m', 'm'],
  ['_s', 's'],
];

const STORAGE_KEY = 'xuncheng-language';
let language = initialLanguage();

function initialLanguage() {
  try {
    const kept = localStorage.getItem(STORAGE_KEY);
    if (kept === 'zh' || kept === 'en') return kept;
  } catch {
    // A browser may forbid storage; the choice then lasts as long as the page.
  }
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** `zh` or `en`. */
export function currentLanguage() {
  return language;
}

export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // As above.
  }
}

/** A word of the page in the present language, `{0}`, `{1}` filled in. */
export function word(key, ...values) {
  const pair = WORDS[key];
  if (pair === undefined) return key;
  return values.reduce(
    (text, value, index) => text.replace(`{${index}}`, value),
    pair[language === 'zh' ? 0 : 1],
  );
}

/** Both names of an incident's type: `{zh, en}`. */
export function typeNames(type, code) {
  const [zh, en] = TYPES[type] ?? [code?.name ?? type, type];
  return { zh, en };
}

export function knownTypes() {
  return Object.keys(TYPES);
}

/** A measure's name and its value with unit, for people. */
export function measureWords(name, value) {
  const [ending, unit] = UNITS.find(([suffix]) => name.endsWith(suffix)) ?? ['', ''];
  const stem = name.slice(0, name.length - ending.length);
  const pair = MEASURES[stem] ?? MEASURES[name];
  const label = pair === undefined ? stem.replaceAll('_', ' ') : pair[language === 'zh' ? 0 : 1];
  if (typeof value === 'boolean') return [label, word(value ? 'yes' : 'no')];
  if (typeof value !== 'number') return [label, String(value)];
  if (ending === '_s' && value >= 60) return [label, duration(value * 1000)];
  if (ending === '_ms') return [label, duration(value)];
  if (ending === '_share') return [label, `${Math.round(value * 100)} %`];
  return [label, `${number(value)}${unit === '' ? '' : ` ${unit}`}`];
}

export function number(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** A length of time in its two largest units. */
export function duration(span_ms) {
  const s = Math.max(0, Math.round(span_ms / 1000));
  const parts = [
    [Math.floor(s / 86400), language === 'zh' ? '天' : 'd'],
    [Math.floor(s / 3600) % 24, language === 'zh' ? '小时' : 'h'],
    [Math.floor(s / 60) % 60, language === 'zh' ? '分' : 'min'],
    [s % 60, language === 'zh' ? '秒' : 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return language === 'zh' ? '0 秒' : '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Time of day; with the date where it is not today. */
export function clockTime(iso) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date().toDateString();
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  const date = isToday ? {} : { month: '2-digit', day: '2-digit' };
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { ...date, ...time }).format(at);
}

/** Date and time in full, for titles and the detail. */
export function fullTime(iso) {
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
  }).format(new Date(iso));
}

/** `3 minutes ago` in the present language. */
export function ago(iso) {
  const s = (Date.now() - Date.parse(iso)) / 1000;
  const format = new Intl.RelativeTimeFormat(language === 'zh' ? 'zh-CN' : 'en', {
    numeric: 'auto',
    style: 'short',
  });
  if (Math.abs(s) < 45) return format.format(0, 'minute') === 'this minute' ? 'just now' : '刚刚';
  if (s < 3600) return format.format(-Math.round(s / 60), 'minute');
  if (s < 86400) return format.format(-Math.round(s / 3600), 'hour');
  return format.format(-Math.round(s / 86400), 'day');
}

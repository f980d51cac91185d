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
  'device-clock-wrong': ['设备时钟错误', 'Clock wrong'],
  'camera-obscured': ['镜头遮挡', 'Camera obscured'],
  'camera-moved': ['镜头移位', 'Camera moved'],
  'sensor-flatline': ['传感器恒值', 'Sensor flatline'],
  'sensor-drift': ['传感器漂移', 'Sensor drift'],
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
  cameras: ['视频', 'Cameras'],
  noCameras: ['没有配置摄像机。', 'No camera is configured.'],
  liveWaiting: ['正在等待画面……', 'Waiting for a picture…'],
  liveUnplayable: ['此浏览器无法播放该视频。', 'This browser cannot play this video.'],
  lastFrame: ['最近画面', 'last frame'],
  camera_live: ['在线', 'Live'],
  camera_connecting: ['连接中', 'Connecting'],
  camera_stalled: ['无画面', 'No pictures'],
  camera_failed: ['连接失败', 'Failed'],
  camera_unknown: ['未知', 'Unknown'],
  heldBack: ['不再报告的位置', 'Held back'],
  nothingHeld: ['没有不再报告的位置。', 'Nothing is held back here.'],
  learnt: ['场景固有', 'learnt as part of the scene'],
  rejectedBy: ['由 {0} 排除', 'rejected by {0}'],
  sinceTime: ['自 {0}', 'since {0}'],
  heldTimes: ['{0} 次', '{0} times'],
  lastTime: ['最近 {0}', 'last {0}'],
  lift: ['恢复报告', 'Report again'],
  rejectPlace: ['此处不再报告', 'Reject, never again here'],
  figures: ['考核', 'Figures'],
  period: ['周期', 'Period'],
  daily: ['日', 'Day'],
  weekly: ['周', 'Week'],
  monthly: ['月', 'Month'],
  day: ['日期', 'Day'],
  dividedBy: ['按', 'By'],
  byDistrict: ['区县', 'District'],
  byStreet: ['街道', 'Street'],
  byType: ['类型', 'Type'],
  byGrid: ['网格', 'Grid cell'],
  byDevice: ['设备', 'Device'],
  inAll: ['合计', 'In all'],
  notKnown: ['未知', 'not known'],
  accepted: ['立案', 'Accepted'],
  rejected: ['不立案', 'Rejected'],
  precision: ['准确率', 'Right'],
  handled: ['已处置', 'Handled'],
  verified: ['已核实', 'Verified'],
  reopened: ['返工', 'Reopened'],
  verifiedShare: ['核实率', 'Verified of accepted'],
  acceptSeconds: ['立案用时（中位）', 'To acceptance (median)'],
  verifySeconds: ['核实用时（中位）', 'To verification (median)'],
  soFar: ['至今', 'so far'],
  watched: ['视频覆盖 {0}', 'cameras watched {0} of the time'],
  notAll: ['事件过多，未全部统计', 'too many incidents to count them all'],
  omitted: ['另有 {0} 组未列出', '{0} more are not listed'],
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
  details: ['详情', 'Details'],
  leasedTo: ['由 {0} 处理中，至 {1}', 'with {0} until {1}'],
  annotated: ['标注', 'Annotated'],
  raw: ['原图', 'As taken'],
  'plate-region': ['车牌部位', 'Plate region'],
  focus: ['近看', 'Closer look'],
  nobodySeen: ['未见可疑人员或车辆', 'nobody was seen with it'],
  came: ['来', 'came'],
  went: ['去', 'went'],
  beside: ['在旁', 'beside it'],
  side_left: ['画面左侧', 'left'],
  side_right: ['画面右侧', 'right'],
  side_far: ['远处', 'far end'],
  side_near: ['近处', 'near end'],
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
  justNow: ['刚刚', 'just now'],
  days: ['天', 'd'],
  hours: ['小时', 'h'],
  minutes: ['分', 'min'],
  seconds: ['秒', 's'],
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

/** Of a pair (Chinese, English) the one in the present language. */
export function chosen(pair) {
  return pair[language === 'zh' ? 0 : 1];
}

/** A word of the page in the present language, `{0}`, `{1}` filled in. */
export function word(key, ...values) {
  const pair = WORDS[key];
  if (pair === undefined) return key;
  return values.reduce((text, value, index) => text.replace(`{${index}}`, () => value), chosen(pair));
}

/** Both names of an incident's type: `{zh, en}`. */
export function typeNames(type, code) {
  const [zh, en] = TYPES[type] ?? [code?.name ?? type, type];
  return { zh, en };
}

export function knownTypes() {
  return Object.keys(TYPES);
}

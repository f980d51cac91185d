import * as THREE from 'three';
import type { Kit, Library } from './library.ts';
import type { Rng } from './random.ts';

const CJK = "'Noto Sans CJK SC', 'Noto Serif CJK SC', sans-serif";

function startSign(
  width: number,
  height: number,
  fill: string,
): { canvas: HTMLCanvasElement; ctx: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('no 2d canvas in this browser');
  ctx.fillStyle = fill;
  ctx.fillRect(0, 0, width, height);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  return { canvas, ctx };
}

function signMaterial(
  lib: Library,
  key: string,
  paint: (rng: Rng) => HTMLCanvasElement,
  glow: number,
): THREE.MeshStandardMaterial {
  return lib.material(`sign ${key} ${glow}`, () => {
    const map = lib.texture(`sign ${key}`, paint);
    const material = new THREE.MeshStandardMaterial({ map, roughness: 0.5 });
    if (glow > 0) {
      material.emissive = new THREE.Color(0xffffff);
      material.emissiveMap = map;
      material.emissiveIntensity = glow;
    }
    return material;
  });
}

const SHOP_NAMES = [
  '便民超市',
  '五金建材',
  '新鲜水果',
  '小吃店',
  '美发沙龙',
  '理发',
  '兰州拉面',
  '沙县小吃',
  '中国福利彩票',
  '药房',
  '烟酒茶',
  '烧烤',
  '早餐店',
  '手机维修',
  '鲜花店',
  '打印复印',
  '快递代收点',
  '洗衣店',
  '宠物店',
  '母婴用品',
] as const;

const SHOP_COLORS: readonly (readonly [string, string])[] = [
  ['#b3201f', '#ffe26a'],
  ['#1f5fae', '#ffffff'],
  ['#1d7a43', '#ffffff'],
  ['#e9e6dd', '#b3201f'],
  ['#d77a1b', '#ffffff'],
  ['#252525', '#f1d79a'],
  ['#6b2a7b', '#ffffff'],
  ['#f2c230', '#b3201f'],
  ['#f4f4f2', '#1f5fae'],
  ['#7a4a2a', '#f6e6c4'],
];

/** Signboard over a shop, four times as wide as high; `glow` is its light at night. */
export function shopSign(kit: Kit, glow: number): THREE.MeshStandardMaterial {
  const name = kit.rng.pick(SHOP_NAMES);
  const [ground, ink] = kit.rng.pick(SHOP_COLORS);
  return signMaterial(
    kit.lib,
    `shop ${name} ${ground}`,
    (rng) => {
      const { canvas, ctx } = startSign(512, 112, ground);
      ctx.fillStyle = ink;
      ctx.font = `bold ${Math.min(78, 440 / name.length)}px ${CJK}`;
      ctx.fillText(name, 256, 52);
      ctx.font = `18px ${CJK}`;
      ctx.fillText(`电话 ${rng.int(1300, 1899)}****${rng.int(100, 999)}`, 400, 98);
      ctx.strokeStyle = 'rgba(0,0,0,0.35)';
      ctx.lineWidth = 6;
      ctx.strokeRect(0, 0, 512, 112);
      return canvas;
    },
    glow,
  );
}

const SLOGANS = [
  '讲文明 树新风',
  '爱护环境 人人有责',
  '共建美好家园',
  '禁止停车',
  '车库门前 请勿停车',
  '消防通道',
] as const;

/** Words painted on a wall or hoarding, five times as wide as high. */
export function wallSlogan(kit: Kit, words?: string): THREE.MeshStandardMaterial {
  const text = words ?? kit.rng.pick(SLOGANS);
  const red = kit.rng.chance(0.5);
  return signMaterial(
    kit.lib,
    `slogan ${text} ${red}`,
    () => {
      const { canvas, ctx } = startSign(512, 100, red ? '#ad2a24' : '#e8e5da');
      ctx.fillStyle = red ? '#fff3d8' : '#a82a22';
      ctx.font = `bold ${Math.min(62, 480 / text.length)}px ${CJK}`;
      ctx.fillText(text, 256, 52);
      return canvas;
    },
    0,
  );
}

/** Small notices glued to doors and walls. */
export function notice(kit: Kit): THREE.MeshStandardMaterial {
  const kind = kit.rng.int(0, 5);
  return signMaterial(
    kit.lib,
    `notice ${kind}`,
    (rng) => {
      const { canvas, ctx } = startSign(96, 128, rng.pick(['#f2efe6', '#d8e6f0', '#f0d8a8', '#e8c8c8']));
      ctx.fillStyle = '#333333';
      ctx.font = `bold 20px ${CJK}`;
      ctx.fillText(rng.pick(['通知', '招租', '公告', '招聘']), 48, 20);
      for (let y = 40; y < 120; y += 11) ctx.fillRect(10, y, rng.range(40, 76), 3);
      return canvas;
    },
    0,
  );
}

/** The four sorting classes with the colour of their bins. */
export const SORTING = [
  { text: '可回收物', english: 'Recyclable', color: 0x1f5aa6 },
  { text: '厨余垃圾', english: 'Food Waste', color: 0x2c7a3c },
  { text: '有害垃圾', english: 'Hazardous', color: 0xb02a28 },
  { text: '其他垃圾', english: 'Residual', color: 0x3a3d42 },
] as const;

function triangleOfArrows(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  ctx.lineWidth = r * 0.24;
  for (let i = 0; i < 3; i += 1) {
    const a = (i / 3) * Math.PI * 2 - Math.PI / 2;
    const b = a + 1.5;
    ctx.beginPath();
    ctx.moveTo(x + Math.cos(a) * r, y + Math.sin(a) * r);
    ctx.lineTo(x + Math.cos(b) * r, y + Math.sin(b) * r);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x + Math.cos(b) * r, y + Math.sin(b) * r, r * 0.2, 0, 7);
    ctx.fill();
  }
}

/** Sticker on the front of a bin, a little higher than wide; `bin` is the colour of the bin (CSS). */
export function binSticker(kit: Kit, sorting: number, bin: string): THREE.MeshStandardMaterial {
  const style = kit.rng.int(0, 2);
  const item = SORTING[sorting % SORTING.length] ?? SORTING[0];
  return signMaterial(
    kit.lib,
    `bin ${sorting} ${style} ${bin}`,
    () => {
      const framed = style === 1;
      const { canvas, ctx } = startSign(128, 160, framed ? '#e9ebea' : bin);
      ctx.fillStyle = framed ? '#26332b' : '#eef2ee';
      ctx.strokeStyle = ctx.fillStyle;
      triangleOfArrows(ctx, 64, 60, 36);
      ctx.font = `bold 27px ${CJK}`;
      ctx.fillText(style === 2 ? '垃圾分类' : item.text, 64, 122);
      ctx.font = '13px sans-serif';
      ctx.fillText(item.english, 64, 147);
      return canvas;
    },
    0,
  );
}

/** Blue number plate; the number is made up. */
export function numberPlate(kit: Kit): THREE.MeshStandardMaterial {
  const kind = kit.rng.int(0, 6);
  return signMaterial(
    kit.lib,
    `plate ${kind}`,
    (rng) => {
      const { canvas, ctx } = startSign(128, 40, kind % 3 === 0 ? '#7fc49a' : '#1b4fa0');
      ctx.fillStyle = kind % 3 === 0 ? '#111111' : '#ffffff';
      ctx.font = `bold 26px ${CJK}`;
      ctx.fillText(`巡A·${rng.int(10000, 99999)}`, 64, 21);
      return canvas;
    },
    0,
  );
}

/** Yellow plate of a heavy vehicle with a given number, or one made up. */
export function plateSign(kit: Kit, plate?: string): THREE.MeshStandardMaterial {
  const text = plate ?? `巡A${kit.rng.int(10000, 99999)}`;
  return signMaterial(
    kit.lib,
    `heavy plate ${text}`,
    () => {
      const { canvas, ctx } = startSign(128, 40, '#e0b020');
      ctx.fillStyle = '#111111';
      ctx.font = `bold 26px ${CJK}`;
      ctx.fillText(text, 64, 21);
      return canvas;
    },
    0,
  );
}

/** Road sign or kiosk face with large words. */
export function wordSign(
  kit: Kit,
  text: string,
  ground: string,
  ink: string,
  glow = 0,
): THREE.MeshStandardMaterial {
  return signMaterial(
    kit.lib,
    `word ${text} ${ground}`,
    () => {
      const { canvas, ctx } = startSign(256, 128, ground);
      ctx.fillStyle = ink;
      ctx.font = `bold ${Math.min(84, 230 / text.length)}px ${CJK}`;
      ctx.fillText(text, 128, 66);
      return canvas;
    },
    glow,
  );
}

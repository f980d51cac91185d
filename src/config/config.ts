import type { BlurSetting } from '../domain/blur.ts';
import type { CameraSource, Judging } from '../domain/camera.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Device } from '../domain/device.ts';
import type { FusionConfig } from '../domain/fusion-config.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { ModelExecutions } from '../domain/model-execution.ts';
import type { OnvifAccess } from '../domain/onvif-access.ts';
import type { RingLimits } from '../domain/ring.ts';
import type { TruckRoute } from '../domain/route.ts';
import type { RulesFile } from '../domain/rule-config.ts';
import type { ShadowSetting } from '../domain/shadow.ts';
import type { CameraZone, MapZone } from '../domain/zone.ts';
import type { TlsPaths } from '../runtime/tls-files.ts';
import type { ExternalMqttConfig } from './external-mqtt.ts';
import type { Jt808Config } from './jt808.ts';
import type { ConfigFile } from './schema.ts';

/** A closer look at suspicions: which film, and what it may cost. Times in event time but for `budget_ms`. */
export interface FocusConfig {
  readonly before_ms: number;
  readonly after_ms: number;
  /** Between two judged frames; 0: all are. */
  readonly every_ms: number;
  /** Times held of one camera's ring, and for how long. */
  readonly holds_max: number;
  readonly hold_ms: number;
  /** Looks taken at once, waiting, and how long one waits. */
  readonly concurrent: number;
  readonly waiting_max: number;
  readonly wait_ms: number;
  /** What one look may take. */
  readonly budget_ms: number;
}

/** Everything that a gateway is told, checked and with paths made absolute. */
export interface Config {
  readonly name: string;
  readonly timeZone: string;
  readonly logLevel: ConfigFile['log_level'];
  readonly listen: ConfigFile['listen'];
  /** The server's certificate, for the listeners that ask for it. */
  readonly tls?: TlsPaths;
  /** Present where another broker takes the place of the embedded one. */
  readonly externalMqtt?: ExternalMqttConfig;
  /** Present where MQTT asks for no credentials and has no rules of topics, on loopback alone. */
  readonly openMqtt?: { readonly refuse: readonly string[] };
  readonly limits: ConfigFile['limits'];
  readonly journal: ConfigFile['journal'];
  readonly series: ConfigFile['series'];
  readonly coverage: ConfigFile['coverage'];
  readonly vision: {
    readonly modelsDir: string;
    readonly workers: number;
    readonly threads: number;
    readonly models: ModelExecutions;
    /** Detectors that are tried next to those that are believed. */
    readonly shadows: readonly ShadowSetting[];
    readonly allowFiles: boolean;
    /** A frame is judged at least this often, changed or not. */
    readonly refresh_ms: number;
    /** How often a camera with an ONVIF address is asked for its time. */
    readonly clockCheck_ms: number;
    /** What is kept of each camera's stream; absent: nothing. */
    readonly ring?: RingLimits;
    /** So long a picture of the place after an incident is waited for. */
    readonly goneWait_ms: number;
    /** How closely suspicions are looked at; absent: not at all. */
    readonly focus?: FocusConfig;
  };
  /** Present where not everybody may see faces and plates. */
  readonly blur?: BlurSetting;
  /** Stations, trucks and cameras that the configuration names; cameras are among them. */
  readonly devices: readonly Device[];
  /** Those of them that speak HJ 212. */
  readonly hj212Stations: readonly Hj212Station[];
  /** Cameras that are read by URL. */
  readonly cameras: readonly CameraSource[];
  /** How the stills of each camera are judged, by camera id (also of cameras without URL). */
  readonly judgingOf: ReadonlyMap<string, Judging>;
  /** Where cameras are asked for their time, by camera id, of those that have an ONVIF address. */
  readonly onvifOf: ReadonlyMap<string, OnvifAccess>;
  /** Where cameras look, in degrees clockwise from north, of those that say it. */
  readonly bearingOf: ReadonlyMap<string, number>;
  readonly cameraZones: readonly CameraZone[];
  readonly mapZones: readonly MapZone[];
  /** Approved routes of trucks. */
  readonly routes: readonly TruckRoute[];
  /** Trucks that speak JT/T 808. */
  readonly jt808: Jt808Config;
  readonly rules: RulesFile;
  /** When what several senses say is one incident. */
  readonly fusion: readonly FusionConfig[];
  readonly catalogue: Catalogue;
  readonly scheme: string;
  readonly influxdb?: NonNullable<ConfigFile['influxdb']>;
}

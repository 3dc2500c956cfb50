import { createRequire } from "node:module";

export interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}
/** `Properties` of an AWS::CloudWatch::Alarm. */
export interface Alarm extends Metric {
  AlarmDescription: string;
  Statistic: string;
  Period: number;
  Threshold: number;
  ComparisonOperator: "GreaterThanThreshold" | "LessThanThreshold";
  EvaluationPeriods: number;
  DatapointsToAlarm?: number;
  TreatMissingData: "breaching" | "notBreaching";
}

/** A value that was measured, with its time in milliseconds. */
export interface Point {
  at: number;
  value: number;
}
/** What was measured of a metric, whatever its dimensions' values. */
export type Measured = (metric: Metric) => Point[];

const settings: Record<string, string> = {
  "self:service": "tenantry",
  "sls:stage": "test",
  "param:driftIntervalMinutes": "60",
  "param:comparisonRate": "rate(15 minutes)",
};
const alarmsOf = createRequire(import.meta.url)("../../infra/alarms.cjs") as (sls: {
  resolveVariable: (name: string) => Promise<string>;
}) => Promise<{ Resources: Record<string, { Properties: Alarm }> }>;

/** The alarms of the stage `test`, by the names of their resources, as infra/alarms.cjs makes them. */
export async function deployedAlarms(): Promise<Record<string, Alarm>> {
  const { Resources } = await alarmsOf({ resolveVariable: async (name) => settings[name] ?? "" });
  return Object.fromEntries(Object.entries(Resources).map(([name, { Properties }]) => [name, Properties]));
}

const statistics: Record<string, (values: number[]) => number> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

function statisticOf(points: Point[], statistic: string, from: number, to: number): number | undefined {
  const values = points.filter(({ at }) => at >= from && at < to).map(({ value }) => value);
  const compute = statistics[statistic];
  if (compute === undefined) throw new Error(`A statistic that is not known here: ${statistic}`);
  return values.length === 0 ? undefined : compute(values);
}

/** When an alarm is raised first, as CloudWatch judges each period from `from` to `to`, milliseconds; `undefined` where it is not. */
export function raisedAt(alarm: Alarm, measured: Measured, from: number, to: number): number | undefined {
  const periodMs = alarm.Period * 1_000;
  const { Threshold, ComparisonOperator, EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods, TreatMissingData } = alarm;
  const breaches: boolean[] = [];
  for (let start = from; start + periodMs <= to; start += periodMs) {
    const value = statisticOf(measured(alarm), alarm.Statistic, start, start + periodMs);
    const crossed = value !== undefined && (ComparisonOperator === "GreaterThanThreshold" ? value > Threshold : value < Threshold);
    breaches.push(value === undefined ? TreatMissingData === "breaching" : crossed);
    if (breaches.slice(-EvaluationPeriods).filter(Boolean).length >= DatapointsToAlarm) return start + periodMs;
  }
  return undefined;
}

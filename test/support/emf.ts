import type { Metric, Point } from "./alarms.ts";

interface EmfLine {
  _aws?: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [member: string]: unknown;
}

/** Metrics that functions wrote into their logs by the embedded metric format, each at the time told when its line came. */
export class EmfMetrics {
  readonly #points: { namespace: string; name: string; dimensions: Record<string, unknown>; point: Point }[] = [];

  /** Takes the metrics of a line, where it has some. */
  add(line: string, at: number): void {
    if (!line.startsWith("{")) return;
    const fields = JSON.parse(line) as EmfLine;
    for (const { Namespace, Dimensions, Metrics } of fields._aws?.CloudWatchMetrics ?? []) {
      const dimensions = Object.fromEntries(Dimensions.flat().map((name) => [name, fields[name]]));
      for (const { Name } of Metrics)
        for (const value of [fields[Name]].flat())
          this.#points.push({ namespace: Namespace, name: Name, dimensions, point: { at, value: Number(value) } });
    }
  }

  /** What was measured of a metric with just these dimensions. */
  readonly measured = ({ Namespace, MetricName, Dimensions = [] }: Metric): Point[] => {
    const wanted = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    return this.#points
      .filter(({ namespace, name, dimensions }) => namespace === Namespace && name === MetricName && sameFields(dimensions, wanted))
      .map(({ point }) => point);
  };
}

const sameFields = (a: Record<string, unknown>, b: Record<string, unknown>): boolean =>
  Object.keys({ ...a, ...b }).every((name) => a[name] === b[name]);

import { type PointerEvent, useState } from "react";
import { CurveScale, nearestPoint, type Term, type Weights, weightedTerms } from "../../../parts/curve-geometry";
import type { LossPoint } from "../../../session/session-state";
import { paintingTexts } from "../../../texts/painting";
import { settingTexts } from "../../../texts/settings";
import styles from "./loss-curve.module.css";

const texts = paintingTexts.curve;

const width = 320;
const height = 190;
const area = { left: 34, top: 8, width: width - 42, height: height - 30 };

const terms: { term: Term; label: string }[] = [
  { term: "total", label: texts.total },
  { term: "content", label: settingTexts.alpha.title },
  { term: "style", label: settingTexts.beta.title },
  { term: "tv", label: settingTexts.gamma.title },
];
/** The total is drawn over its terms. */
const drawingOrder = [...terms].reverse();

interface Props {
  curve: readonly LossPoint[];
  steps: number;
  /** The weights with which the picture of a step was evaluated. */
  weightsAt: (step: number) => Weights;
  /** The losses of the earlier step on show; null for the newest. */
  shown: LossPoint | null;
  /** Receives the step that is clicked. */
  onShow(step: number): void;
}

/** The loss and its weighted terms over the steps, on a logarithmic axis. */
export function LossCurve({ curve, steps, weightsAt, shown, onShow }: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const points = curve.map((point) => ({ step: point.step, values: weightedTerms(point, weightsAt(point.step)) }));
  const scale = new CurveScale(
    area,
    steps,
    points.map(({ values }) => values),
  );
  const lines = drawingOrder.map(({ term }) => ({
    term,
    path: scale.path(points.map(({ step, values }) => ({ step, value: values[term] }))),
  }));
  const undrawn = new Set(lines.filter(({ path }) => path === "" && points.length > 0).map(({ term }) => term));
  // The curve is thinned; the picture on show has its own losses.
  const last = shown === null ? points.at(-1) : { step: shown.step, values: weightedTerms(shown, weightsAt(shown.step)) };
  const under = hovered === null ? null : nearestPoint(points, hovered);
  const told = under ?? last;
  const stepUnder = ({ clientX, currentTarget }: PointerEvent<SVGSVGElement>) => {
    const { left, width: shownWidth } = currentTarget.getBoundingClientRect();
    return scale.stepAt(((clientX - left) * width) / shownWidth);
  };
  return (
    <figure className={styles.figure}>
      <svg
        className={styles.plot}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={describe(curve)}
        onPointerMove={(event) => setHovered(stepUnder(event))}
        onPointerLeave={() => setHovered(null)}
        // The history's slider does the same with keys.
        onPointerUp={(event) => {
          const point = nearestPoint(points, stepUnder(event));
          if (point) onShow(point.step);
        }}
      >
        {scale.decades().map((decade) => (
          <g key={decade}>
            <line
              className={styles.grid}
              x1={area.left}
              x2={area.left + area.width}
              y1={scale.y(10 ** decade)}
              y2={scale.y(10 ** decade)}
            />
            <text className={styles.tick} x={area.left - 6} y={scale.y(10 ** decade) + 3} textAnchor="end">
              {tickLabel(decade)}
            </text>
          </g>
        ))}
        {(under ? [] : [0, steps]).map((step) => (
          <text key={step} className={styles.tick} x={scale.x(step)} y={height - 6} textAnchor={step === 0 ? "start" : "end"}>
            {step === 0 ? "0" : texts.step(step)}
          </text>
        ))}
        {shown !== null && (
          <line className={styles.cursor} x1={scale.x(shown.step)} x2={scale.x(shown.step)} y1={area.top} y2={area.top + area.height} />
        )}
        {under && (
          <>
            <line className={styles.hover} x1={scale.x(under.step)} x2={scale.x(under.step)} y1={area.top} y2={area.top + area.height} />
            <text className={styles.tick} x={scale.x(under.step)} y={height - 6} textAnchor="middle" data-over="true">
              {texts.step(under.step)}
            </text>
          </>
        )}
        {lines.map(({ term, path }) => (
          <path key={term} className={styles.line} style={{ "--term": `var(--term-${term})` }} data-term={term} d={path} />
        ))}
        {told && told.values.total > 0 && <circle className={styles.tip} cx={scale.x(told.step)} cy={scale.y(told.values.total)} r={3} />}
      </svg>
      <figcaption className={styles.legend}>
        {terms.map(({ term, label }) => (
          <span
            key={term}
            className={styles.key}
            style={{ "--term": `var(--term-${term})` }}
            data-drawn={!undrawn.has(term)}
            title={undrawn.has(term) ? texts.below : undefined}
          >
            {label} {undrawn.has(term) && <span className="hidden">{texts.below}</span>}
            <span className={styles.value}>{told ? formatLoss(told.values[term]) : "–"}</span>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function describe(curve: readonly LossPoint[]): string {
  const first = curve[0];
  const last = curve.at(-1);
  if (!first || !last) return texts.empty;
  return texts.label(formatLoss(first.total), first.step, formatLoss(last.total), last.step);
}

function tickLabel(decade: number): string {
  return decade >= -2 && decade <= 4 ? String(10 ** decade) : `1e${decade}`;
}

function formatLoss(value: number): string {
  return value !== 0 && (value >= 1e5 || value < 1e-3) ? value.toExponential(1) : Number(value.toPrecision(3)).toString();
}

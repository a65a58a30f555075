import type { RunFrame } from "../../graphql/run-operations";
import { nearestPoint } from "../../parts/curve-geometry";
import { layersTexts as texts } from "../../texts/layers";
import { layerWeightTexts } from "../../texts/layers-in-words";
import { curvePath, layerCurves } from "./layer-losses";
import styles from "./layers.module.css";

const [width, height] = [200, 110];
const LEAST = 0.001;
/** Space for the numbers at the left of the chart, in its units. */
const LEFT = 32;

interface Props {
  title: string;
  frames: readonly RunFrame[];
  /** Steps of the whole painting. */
  steps: number;
  /** The step on show. */
  at: number;
  /** The only style layer of the painting; null for several. */
  only: string | null;
}

/** A small chart of every layer's style term over the steps. */
export function LayerChart({ title, frames, steps, at, only }: Props) {
  const curves = layerCurves(frames);
  if (curves.length === 0) return null;
  return (
    <figure className={styles.chart}>
      <svg viewBox={`${-LEFT} -6 ${width + LEFT + 6} ${height + 24}`} role="img" aria-label={texts.losses.chart(title)}>
        {[1, 0.1, 0.01, LEAST].map((share) => {
          const y = (height * Math.log10(share)) / Math.log10(LEAST);
          return (
            <g key={share}>
              <line className={styles.grid} x1={0} x2={width} y1={y} y2={y} />
              <text className={styles.number} x={-4} y={y} dominantBaseline="middle" textAnchor="end">
                {percent(share)}
              </text>
            </g>
          );
        })}
        {[0, steps].map((step) => (
          <text key={step} className={styles.number} x={step === 0 ? 0 : width} y={height + 14} textAnchor={step === 0 ? "start" : "end"}>
            {step}
          </text>
        ))}
        <text className={styles.number} x={width / 2} y={height + 14} textAnchor="middle">
          {texts.losses.step}
        </text>
        <line className={styles.now} x1={(width * at) / Math.max(1, steps)} x2={(width * at) / Math.max(1, steps)} y1={0} y2={height} />
        {curves.map((curve) => (
          <path
            key={curve.layer}
            className={styles.curve}
            data-layer={curve.layer}
            data-only={curve.layer === only}
            d={curvePath(curve, width, height, steps, LEAST)}
          />
        ))}
      </svg>
      <figcaption>
        <ul className={styles.legend}>
          {curves.map(({ layer, points }) => {
            const share = nearestPoint(points, at)?.share ?? 1;
            return (
              <li key={layer} data-layer={layer} data-only={layer === only}>
                <span>{layerWeightTexts.plain(layer)}</span>
                <span className={styles.share}>{percent(share)}</span>
              </li>
            );
          })}
        </ul>
      </figcaption>
    </figure>
  );
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}

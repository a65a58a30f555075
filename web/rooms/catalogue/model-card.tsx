import Link from "next/link";
import type { Network } from "../../graphql/operations";
import { NetworkState } from "../../networks/network-state";
import { explanation, formatBytes, shortTitle } from "../../networks/networks";
import type { Networks } from "../../networks/use-networks";
import { useMayMake } from "../../parts/access";
import { modelsTexts as texts } from "../../texts/models";
import { unitTexts as units } from "../../texts/units";
import styles from "./models-room.module.css";

interface Props {
  network: Network;
  actions: Pick<Networks, "fetchNow" | "stop">;
}

/** One network with its state, facts and samples. */
export function ModelItem({ network, actions }: Props) {
  const { id, title, task, state, isDefault, preview, sheet } = network;
  const name = shortTitle(title);
  const mayMake = useMayMake();
  const picture = preview ?? sheet;
  return (
    <li className={styles.model} data-state={state} aria-label={name}>
      <span className={`cropped ${styles.preview}`}>
        {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
        {picture ? <img src={picture} alt="" loading="lazy" /> : <NetworkSign />}
      </span>
      <div className={styles.words}>
        <h3 className={styles.name}>{name}</h3>
        {explanation(title) && <p className={styles.explanation}>{explanation(title)}</p>}
        <p className={styles.state}>
          {state === "READY" && <span className={styles.ready}>{texts.ready}</span>}
          {isDefault && <span>{texts.usual}</span>}
        </p>
        <NetworkState network={network} actions={actions} />
        <Facts network={network} />
        <p className={styles.ways}>
          {mayMake && state !== "FAILED" && (
            <Link href={task === "FEATURES" ? "/" : `/translate?model=${encodeURIComponent(id)}`}>{texts.use[task]}</Link>
          )}
          {sheet && (
            <a href={sheet} aria-label={texts.sheetOf(name)}>
              {texts.sheet}
            </a>
          )}
        </p>
      </div>
    </li>
  );
}

/** Stands for a network without a picture: its layers, each half as large as the one before. */
function NetworkSign() {
  return (
    <svg className={styles.sign} viewBox="0 0 32 32" aria-hidden="true">
      {[20, 14, 9, 5].map((side, place) => (
        <rect key={side} x={4 + 6 * place} y={16 - side / 2} width={4} height={side} />
      ))}
    </svg>
  );
}

function Facts({ network: { id, family, licence, source, bytes, parameters, size } }: { network: Network }) {
  const facts = [
    [texts.facts.size, formatBytes(bytes)],
    [texts.facts.parameters, parameters > 0 ? texts.facts.parametersInMillions(parameters) : ""],
    [texts.facts.native, units.pixels(size)],
    [texts.facts.family, `${family.toLowerCase().replace("_", " ")} (${id})`],
    [texts.facts.licence, licence],
    [texts.facts.source, shortCommits(source)],
  ].filter(([, value]) => value);
  return (
    <dl className={styles.facts}>
      {facts.map(([fact, value]) => (
        <div key={fact}>
          <dt>{fact}</dt>
          <dd title={fact === texts.facts.source ? source : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A source with its commits as they are usually shown, by their first seven digits. */
function shortCommits(source: string): string {
  return source.replace(/\b([0-9a-f]{7})[0-9a-f]{33}\b/g, "$1");
}

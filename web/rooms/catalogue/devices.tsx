import type { ResultOf } from "gql.tada";
import { useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { DevicesQuery } from "../../graphql/operations";
import headings from "../../parts/headings.module.css";
import { modelsTexts } from "../../texts/models";
import styles from "./models-room.module.css";

const texts = modelsTexts.devices;

/** Time between two questions, ms: a device may start, or give way to another one. */
const ASK_MS = 5000;

type Found = ResultOf<typeof DevicesQuery>["server"];

/** The devices that compute, and those that were tried and are not used, with the reasons. */
export function Devices() {
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const ask = () =>
      execute(DevicesQuery, {}, ending.signal).then(
        ({ server }) => setFound(server),
        // Without an answer this part stays as it is; the list above shows a lost connection.
        () => undefined,
      );
    void ask();
    const asking = setInterval(ask, ASK_MS);
    return () => {
      clearInterval(asking);
      ending.abort();
    };
  }, []);
  if (!found) return null;
  return (
    <section className={styles.task} aria-labelledby="devices">
      <h2 id="devices" className={headings.section}>
        {texts.title}
      </h2>
      {found.devices.length === 0 && <p className={headings.lead}>{texts.starting}</p>}
      {found.devices.map(({ name, description }) => (
        <p key={name} className={headings.lead}>
          {name}: {description}
        </p>
      ))}
      {found.refusedDevices.map(({ name, reason }) => (
        <p key={name} className={headings.lead}>
          {texts.refused(name, reason)}
        </p>
      ))}
    </section>
  );
}

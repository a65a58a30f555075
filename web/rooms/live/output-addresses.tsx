import { useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { type OutputAddress, OutputAddressesQuery, RevokeOutputAddress, ShareOutput } from "../../graphql/output-operations";
import { CopyButton } from "../../parts/copy-button";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { liveTexts } from "../../texts/live";
import styles from "./live.module.css";

const texts = liveTexts.output.addresses;
const shortly = { dateStyle: "medium", timeStyle: "short" } as const;

/** A new address with its secret, which is shown only once. */
interface Made {
  id: string;
  url: string;
}

/** Addresses with a secret of their own by which programs show an output, on a server with access control. */
export function OutputAddresses({ output }: { output: string }) {
  const [addresses, setAddresses] = useState<readonly OutputAddress[] | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const { busy, failure, attempt, load } = useAttempt();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void load(async () => setAddresses((await execute(OutputAddressesQuery, {}, signal)).links), signal);
    return () => ending.abort();
  }, []);

  const open = addresses?.filter((one) => one.output === output && one.revokedAt === null) ?? [];

  const make = () =>
    attempt(async () => {
      const { path, link } = (await execute(ShareOutput, { output, input: { name: texts.called(output) } })).shareOutput;
      setMade({ id: link.id, url: location.origin + path });
      setAddresses((known) => [link, ...(known ?? [])]);
    });

  const revoke = ({ id }: OutputAddress) =>
    attempt(async () => {
      const { revokeLink } = await execute(RevokeOutputAddress, { id });
      setAddresses((known) => known?.map((one) => (one.id === id ? revokeLink : one)) ?? null);
      if (made?.id === id) setMade(null);
    });

  return (
    <>
      {made ? (
        <div role="status" className={styles.programs}>
          <p className={styles.address}>
            <input className={styles.field} value={made.url} readOnly aria-label={texts.made} onFocus={(event) => event.target.select()} />
            <CopyButton text={made.url} name={texts.copy} />
          </p>
          <p className="note">{texts.once}</p>
        </div>
      ) : (
        <button type="button" className="button" disabled={busy} onClick={() => void make()}>
          {texts.make}
        </button>
      )}
      {open.length > 0 && (
        <section aria-label={texts.open}>
          <p className="note">{texts.revoking}</p>
          <ul className={styles.addresses}>
            {open.map((address) => (
              <li key={address.id} className={styles.address}>
                <time>{new Date(address.createdAt).toLocaleString(undefined, shortly)}</time>
                <button type="button" className={button.accent} disabled={busy} onClick={() => void revoke(address)}>
                  {texts.revoke}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <FailureNotice error={failure} />
    </>
  );
}

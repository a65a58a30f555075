import { Dialog, RadioGroup } from "radix-ui";
import { useState } from "react";
import type { Frame, Painting } from "../../graphql/operations";
import dialog from "../../parts/dialog.module.css";
import { formatRoughly } from "../../parts/durations";
import { Modal } from "../../parts/modal";
import { Notice } from "../../parts/notice";
import { useServer } from "../../parts/use-server";
import { enlargeTexts as texts } from "../../texts/enlarge";
import { beginBranch } from "../begin-branch";
import { finalExtent } from "../growth";
import { useStart } from "../use-start";
import styles from "./enlarge.module.css";
import { enlargements, usualEnlargement } from "./enlargements";

/** Time that a size chosen beforehand may take, ms. */
const PATIENCE_MS = 5 * 60_000;

/** Paints a finished painting on at a larger size: a branch from its last picture. Nothing where it is as large as it can be. */
export function Enlarge({ session, last }: { session: Painting; last: Frame }) {
  const maxSize = useServer()?.maxSize ?? null;
  const [chosen, setChosen] = useState<number | null>(null);
  const { start, starting, failure } = useStart();
  const sizes = maxSize === null ? [] : enlargements(session, last, maxSize);
  const wanted = sizes.find(({ size }) => size === chosen) ?? usualEnlargement(sizes, PATIENCE_MS);
  if (!wanted) return null;
  const { size, steps } = wanted;
  const begin = () => start(() => beginBranch(session, last.step, { size, steps }, (root) => texts.name(root, size)));
  return (
    <Modal
      trigger={<Dialog.Trigger className="button primary">{texts.title}</Dialog.Trigger>}
      title={texts.title}
      about={texts.help(last.width, last.height)}
    >
      <form
        className={dialog.form}
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <RadioGroup.Root
          className={styles.sizes}
          aria-label={texts.size}
          value={String(size)}
          onValueChange={(value) => setChosen(Number(value))}
        >
          {sizes.map((one) => {
            const { width, height } = finalExtent(session.content, one.size);
            return (
              <RadioGroup.Item key={one.size} value={String(one.size)} className={`bare ${styles.size}`}>
                <span>{texts.extent(width, height)}</span>
                <span className={styles.time}>{texts.about(formatRoughly(one.ms))}</span>
              </RadioGroup.Item>
            );
          })}
        </RadioGroup.Root>
        {failure && <Notice>{failure}</Notice>}
        <div className={dialog.actions}>
          <Dialog.Close className="button">{texts.cancel}</Dialog.Close>
          <button type="submit" className="button primary" disabled={starting}>
            {starting ? texts.starting : texts.start}
          </button>
        </div>
      </form>
    </Modal>
  );
}

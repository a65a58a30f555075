import { useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { CreateLink, CreateToken } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { CopyButton } from "../../parts/copy-button";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import { SelectControl } from "../../parts/select-control";
import { ShareableLink } from "../../parts/shareable-link";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";

const texts = accessTexts.admin;
const roles = ["VIEWER", "ARTIST", "ADMIN"] as const;
type Role = (typeof roles)[number];

interface Input {
  name: string;
  role: Role;
  expiresAt: string | null;
}

/** Makes a link; returns what is shown of it once, a path or the secret of a token. */
const makers = {
  async ACCESS(input: Input): Promise<{ link: Link; shown: string }> {
    const { createLink } = await execute(CreateLink, { input });
    return { link: createLink.link, shown: createLink.path };
  },
  async TOKEN(input: Input): Promise<{ link: Link; shown: string }> {
    const { createToken } = await execute(CreateToken, { input });
    return { link: createToken.token, shown: createToken.secret };
  },
};

/** The form that makes a link or a token, and what is new, which is shown only once. */
export function NewLink({ kind, onMade }: { kind: keyof typeof makers; onMade(link: Link): void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("ARTIST");
  const [until, setUntil] = useState("");
  const [shown, setShown] = useState<string | null>(null);
  const { busy, failure, attempt } = useAttempt();
  const ofKind = texts[kind];

  const create = () =>
    attempt(async () => {
      const expiresAt = until === "" ? null : new Date(until).toISOString();
      const made = await makers[kind]({ name, role, expiresAt });
      setShown(made.shown);
      setName("");
      onMade(made.link);
    });

  return (
    <section className={styles.make} aria-labelledby={`new-${kind}`}>
      <h2 id={`new-${kind}`} className={headings.part}>
        {ofKind.make}
      </h2>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label className={styles.field}>
          {ofKind.label}
          <input
            className={styles.input}
            value={name}
            maxLength={100}
            required
            placeholder={ofKind.placeholder}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <SelectControl
          title={texts.role}
          options={roles.map((value) => ({ value, title: accessTexts.roles[value] }))}
          value={role}
          onChange={(value) => setRole(value)}
        />
        <label className={styles.field} title={ofKind.untilHelp}>
          {texts.until}
          <input className={styles.input} type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
        </label>
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? texts.creating : ofKind.create}
        </button>
      </form>
      <FailureNotice error={failure} />
      {shown && (
        <div className={styles.new} role="status">
          <p>{ofKind.once}</p>
          {kind === "ACCESS" ? <ShareableLink path={shown} /> : <Secret secret={shown} />}
        </div>
      )}
    </section>
  );
}

function Secret({ secret }: { secret: string }) {
  return (
    <p className={styles.secret}>
      <input className={styles.input} value={secret} readOnly aria-label={texts.token} onFocus={(event) => event.target.select()} />
      <CopyButton text={secret} name={texts.copyToken} />
    </p>
  );
}

import { useState } from "react";
import type { Link } from "../../graphql/access-operations";
import { CreateLink } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
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

/** The form that makes a link, and the new link, which is shown only once. */
export function NewLink({ onMade }: { onMade(link: Link): void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("ARTIST");
  const [until, setUntil] = useState("");
  const [path, setPath] = useState<string | null>(null);
  const { busy, failure, attempt } = useAttempt();

  const create = () =>
    attempt(async () => {
      const expiresAt = until === "" ? null : new Date(until).toISOString();
      const { createLink } = await execute(CreateLink, { input: { name, role, expiresAt } });
      setPath(createLink.path);
      setName("");
      onMade(createLink.link);
    });

  return (
    <section className={styles.make} aria-labelledby="new-link">
      <h2 id="new-link" className={headings.part}>
        {texts.make}
      </h2>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label className={styles.field}>
          {texts.label}
          <input
            className={styles.input}
            value={name}
            maxLength={100}
            required
            placeholder={texts.placeholder}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <SelectControl
          title={texts.role}
          options={roles.map((value) => ({ value, title: accessTexts.roles[value] }))}
          value={role}
          onChange={(value) => setRole(value)}
        />
        <label className={styles.field} title={texts.untilHelp}>
          {texts.until}
          <input className={styles.input} type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
        </label>
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? texts.creating : texts.create}
        </button>
      </form>
      <FailureNotice error={failure} />
      {path && (
        <div className={styles.new} role="status">
          <p>
            {texts.once} {texts.token}
          </p>
          <ShareableLink path={path} />
        </div>
      )}
    </section>
  );
}

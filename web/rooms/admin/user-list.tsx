import { useEffect, useState } from "react";
import type { User } from "../../graphql/access-operations";
import { SetUserAccess, UsersQuery } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import headings from "../../parts/headings.module.css";
import { momentOf } from "../../parts/moment";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { accessTexts } from "../../texts/access";
import styles from "./admin.module.css";

const texts = accessTexts.admin.users;

/** Users that one request loads. */
const PAGE = 100;

/** People who signed in, whose access can be ended here. */
export function UserList() {
  const [users, setUsers] = useState<readonly User[] | null>(null);
  const [hasMore, setHasMore] = useState(false);
  const { busy, failure, attempt, load: loadFirst } = useAttempt();

  async function load(skip: number, signal?: AbortSignal) {
    const found = await execute(UsersQuery, { skip }, signal);
    setUsers((known) => [...(known ?? []).slice(0, skip), ...found.users]);
    setHasMore(found.users.length === PAGE);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are others at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    void loadFirst(() => load(0, ending.signal), ending.signal);
    return () => ending.abort();
  }, []);

  const setAccess = ({ id }: User, allowed: boolean) =>
    attempt(async () => {
      const { setUserAccess } = await execute(SetUserAccess, { id, allowed });
      setUsers((known) => known?.map((user) => (user.id === id ? setUserAccess : user)) ?? null);
    });

  return (
    <section aria-labelledby="users">
      <h2 id="users" className={headings.part}>
        {texts.title}
      </h2>
      <FailureNotice error={failure} />
      {users?.length === 0 && <p>{texts.none}</p>}
      <ul className={styles.links}>
        {users?.map((user) => {
          const isEnded = user.accessEndedAt !== null;
          return (
            <li key={user.id} className={styles.link} data-open={!isEnded}>
              <span className={styles.name}>{user.name}</span>
              <span className={styles.facts}>
                {isEnded ? texts.ended : accessTexts.roles[user.role]} · {texts.last(momentOf(user.lastSignInAt))}
              </span>
              <button
                type="button"
                className={button.accent}
                disabled={busy}
                aria-label={isEnded ? texts.letInNamed(user.name) : texts.endNamed(user.name)}
                onClick={() => void setAccess(user, isEnded)}
              >
                {isEnded ? texts.letIn : texts.end}
              </button>
            </li>
          );
        })}
      </ul>
      {hasMore && (
        <button type="button" className={button.accent} disabled={busy} onClick={() => void attempt(() => load(users?.length ?? 0))}>
          {accessTexts.admin.more}
        </button>
      )}
    </section>
  );
}

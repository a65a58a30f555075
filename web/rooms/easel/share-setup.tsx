import { useEffect, useState } from "react";
import { ImageSharingQuery, ShareImage } from "../../graphql/access-operations";
import { execute } from "../../graphql/execute";
import { useAccess } from "../../parts/access";
import { FailureNotice } from "../../parts/notice";
import { ShareDialog } from "../../parts/share-dialog";
import { ShareableLink } from "../../parts/shareable-link";
import textButton from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import type { Draft } from "../../session/draft";
import { setupLink, storedPictures } from "../../session/setup-link";
import { accessTexts } from "../../texts/access";
import { shareTexts } from "../../texts/share";

const texts = accessTexts.setup;

/** Shares pictures and settings as a link. Where access is controlled, one's own pictures open for others only if one wants. */
export function ShareSetup({ draft }: { draft: Draft }) {
  const access = useAccess();
  const isControlled = access !== null && access.mode !== "NONE";
  const path = setupLink(draft);
  return (
    <ShareDialog path={path} about={shareTexts.setup} className={textButton.quiet}>
      {isControlled ? (
        <>
          <ShareableLink path={path} />
          <SharedPictures ids={storedPictures(draft)} />
        </>
      ) : undefined}
    </ShareDialog>
  );
}

/** Offers to share those of the pictures that nobody else sees by their ids. */
function SharedPictures({ ids }: { ids: readonly string[] }) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [shared, setShared] = useState(false);
  const { busy, failure, attempt, load } = useAttempt();
  const access = useAccess();
  const joined = ids.join(",");

  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const isHidden = async (id: string) => {
      const { image } = await execute(ImageSharingQuery, { id }, ending.signal);
      return image?.visibility === "PRIVATE" && image.mayChange ? [id] : [];
    };
    void load(async () => setHidden((await Promise.all(joined.split(",").filter(Boolean).map(isHidden))).flat()), ending.signal);
    return () => ending.abort();
  }, [joined]);

  const share = () =>
    attempt(async () => {
      await Promise.all(hidden.map((id) => execute(ShareImage, { id })));
      setHidden([]);
      setShared(true);
    });

  const mayShare = !access?.requiresApproval || access.role === "ADMIN";
  return (
    <>
      {hidden.length > 0 && <p className="note">{mayShare ? texts.hidden : texts.onlyAdmins}</p>}
      {hidden.length > 0 && mayShare && (
        <button type="button" className="button primary" disabled={busy} onClick={() => void share()}>
          {texts.share}
        </button>
      )}
      {shared && hidden.length === 0 && (
        <p className="note" role="status">
          {texts.shared}
        </p>
      )}
      <FailureNotice error={failure} />
    </>
  );
}

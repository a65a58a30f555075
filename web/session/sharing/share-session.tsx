import { useAccess } from "../../parts/access";
import { ShareDialog } from "../../parts/share-dialog";
import { SharingPanel } from "./sharing";

interface Props {
  id: string;
  /** Path and query of the session's page. */
  path: string;
  about: string;
  /** Whether this browser decides who may see the session. */
  mayChange: boolean;
  className?: string;
}

/** Shares a session: where access is controlled, its owner also decides who may see it. */
export function ShareSession({ id, path, about, mayChange, className }: Props) {
  const access = useAccess();
  const decides = access !== null && access.mode !== "NONE" && mayChange;
  return (
    <ShareDialog path={path} about={about} {...(className === undefined ? {} : { className })}>
      {decides ? <SharingPanel id={id} path={path} /> : undefined}
    </ShareDialog>
  );
}

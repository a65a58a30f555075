import type { StyleTransferRecord } from "../../server/records/session.js";
import type { Parties, Someone } from "../helpers/parties.js";

type Paint = () => Promise<StyleTransferRecord>;

/** Paintings that tests which only read them share. */
export class KeptPaintings {
  private readonly paintings = new Map<string, Promise<StyleTransferRecord>>();
  private readonly films = new Map<string, string>();

  constructor(private readonly parties: Parties) {}

  /** The painting that is kept under a key. The first call paints it. */
  painting(key: string, paint: Paint): Promise<StyleTransferRecord> {
    const painting = this.paintings.get(key) ?? paint();
    this.paintings.set(key, painting);
    return painting;
  }

  /** A painting of someone that has a film, one of each kind: making a film takes a second. */
  filmed({ ownerId, client }: Someone, kind: string, paint: Paint): Promise<StyleTransferRecord> {
    const { VIEWER, ADMIN } = this.parties.clients;
    const maker = client === VIEWER.client ? ADMIN.client : client;
    const order = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 64 }) { id } }";
    return this.painting(`${ownerId} ${kind}, filmed`, async () => {
      const session = await paint();
      const { startExport } = await maker.query(order, { id: session.id });
      for await (const { data } of maker.subscribe("subscription ($id: ID!) { exportChanged(id: $id) { state } }", startExport))
        if (data.exportChanged.state === "COMPLETED") this.films.set(session.id, startExport.id);
      return session;
    });
  }

  /** The film of one that has a film. */
  film({ id }: StyleTransferRecord): { id: string | undefined } {
    return { id: this.films.get(id) };
  }
}

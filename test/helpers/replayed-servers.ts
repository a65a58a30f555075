import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Redis } from "ioredis";
import pg from "pg";
import { firstMigrations } from "./first-migrations.js";
import {
  CHANNELS,
  type PartName,
  type RecordedTransaction,
  replaced,
  unpacked,
  type VersionRecording,
  withReplaced,
} from "./version-recording.js";

/** What is done of a part of the recording. */
export interface Replay {
  /** Which server's statements; all by default. */
  by?: RecordedTransaction["by"];
  /** Whether messages of a topic are sent, after the statements: what is published is stored before. None by default. */
  topics?: (topic: string) => boolean;
  /** The id of another session, in the place of that of the second painting. */
  second?: string;
}

/** Servers of an earlier version as they were recorded: they send the statements and messages that they sent then. */
export class ReplayedServers {
  /** What had another effect than when it was recorded. */
  readonly differences: string[] = [];
  /** What servers of this version published, by topic; the newest last. */
  readonly published: { topic: string; message: unknown }[] = [];

  private constructor(
    private readonly recording: VersionRecording,
    private readonly database: pg.Client,
    private readonly publisher: Redis,
    private readonly listener: Redis,
  ) {}

  /** Puts their tables into an empty database, and their objects into `store` in a folder. */
  static async start(recording: VersionRecording, databaseUrl: string, redisUrl: string, folder: string): Promise<ReplayedServers> {
    const store = join(folder, "store");
    for (const [key, bytes] of Object.entries(recording.objects)) {
      await mkdir(dirname(join(store, key)), { recursive: true });
      await writeFile(join(store, key), Buffer.from(bytes, "base64"));
    }
    const database = new pg.Client(databaseUrl);
    await database.connect();
    await migrate(drizzle(database), { migrationsFolder: await firstMigrations(recording.migrations, folder) });
    const servers = new ReplayedServers(recording, database, new Redis(redisUrl), new Redis(redisUrl));
    await servers.listen();
    return servers;
  }

  /** Sends what the recording has of a part. @throws the database's error, with the statement that it refuses. */
  async play(name: PartName, { by, topics = () => false, second = this.recording.second }: Replay = {}): Promise<void> {
    const { transactions, messages } = this.recording.parts[name];
    for (const transaction of transactions) if (by === undefined || transaction.by === by) await this.commit(name, transaction, second);
    for (const message of messages) {
      const topic = message.topic.replaceAll(this.recording.second, second);
      if (!topics(topic)) continue;
      const bytes = withReplaced(message, this.recording.second, second);
      await this.publisher.publish(CHANNELS + topic, bytes);
    }
  }

  /** Sends all reads of the recording again, and changes nothing. @throws the database's error, with the statement. */
  async readAgain(): Promise<number> {
    const all = Object.values(this.recording.parts).flatMap(({ transactions }) => transactions.flatMap(({ statements }) => statements));
    const reads = all.filter(({ text }) => /^\s*(select|with "\w+" as \(select)/i.test(text) && !text.includes("pg_advisory_"));
    for (const { text, values } of reads) await this.send(text, values);
    return reads.length;
  }

  /** Has the workers that are there announce themselves again, as they do every few seconds. */
  async renewAnnouncements(): Promise<void> {
    await this.database.query("update workers set seen_at = clock_timestamp()");
  }

  /** What the worker announced that was there last. */
  async announcements(): Promise<{ topic: "workers"; message: unknown }[]> {
    const newest = "select announcement as message from workers order by seen_at desc limit 1";
    const { rows } = await this.database.query<{ message: unknown }>(newest);
    return rows.map(({ message }) => ({ topic: "workers", message }));
  }

  async close(): Promise<void> {
    this.publisher.disconnect();
    this.listener.disconnect();
    await this.database.end();
  }

  private async commit(part: PartName, { by, statements }: RecordedTransaction, second: string): Promise<void> {
    if (statements.length > 1) await this.database.query("begin");
    for (const { text, values, rows } of statements) {
      const given = replaced(values, this.recording.second, second) as unknown[];
      const found = await this.send(text, given);
      if (found !== rows) this.differences.push(`${part}, ${by}: ${found} rows instead of ${rows}: ${text} ${JSON.stringify(given)}`);
    }
    if (statements.length > 1) await this.database.query("commit");
  }

  private async send(text: string, values: readonly unknown[]): Promise<number> {
    try {
      return (await this.database.query(text, [...values])).rowCount ?? 0;
    } catch (cause) {
      throw new Error(`The database refuses a statement of ${this.recording.commit}: ${text}`, { cause });
    }
  }

  private async listen(): Promise<void> {
    const recorded = new Set(
      Object.values(this.recording.parts).flatMap(({ messages }) => messages.map(({ bytes }) => senderOf(Buffer.from(bytes, "base64")))),
    );
    this.listener.on("pmessageBuffer", (_pattern: Buffer, channel: Buffer, bytes: Buffer) => {
      if (recorded.has(senderOf(bytes))) return;
      this.published.push({ topic: channel.toString().slice(CHANNELS.length), message: unpacked(bytes)[3] });
    });
    await this.listener.psubscribe(`${CHANNELS}*`);
  }
}

const senderOf = (bytes: Buffer) => unpacked(bytes)[1];

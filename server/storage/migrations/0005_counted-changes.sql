ALTER TABLE "sessions" ADD COLUMN "change_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE "sessions" SET "change_count" = "counted"."count" FROM (
	SELECT "session_id", count(*) AS "count" FROM "changes" GROUP BY "session_id"
) AS "counted" WHERE "id" = "counted"."session_id";

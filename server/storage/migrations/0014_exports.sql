CREATE TABLE "films" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"session_id" text NOT NULL,
	"beside_id" text,
	"settings" json NOT NULL,
	"state" text NOT NULL,
	"progress" double precision NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"error" jsonb,
	"bytes" bigint,
	"maker_id" text NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "films_session" ON "films" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "films_beside" ON "films" USING btree ("beside_id");--> statement-breakpoint
CREATE INDEX "films_owner" ON "films" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "films_oldest" ON "films" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "films_open" ON "films" USING btree ("lease_until") WHERE "films"."state" in ('QUEUED', 'RUNNING');
CREATE TABLE "session_images" (
	"session_id" text NOT NULL,
	"image_id" text NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "session_images_pk" PRIMARY KEY("session_id","image_id","role")
);
--> statement-breakpoint
ALTER TABLE "session_images" ADD CONSTRAINT "session_images_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_images" ADD CONSTRAINT "session_images_image_id_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."images"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_images_image" ON "session_images" USING btree ("image_id","role");--> statement-breakpoint
CREATE INDEX "sessions_model" ON "sessions" USING btree (("settings" ->> 'model'),"created_at","ordinal");--> statement-breakpoint
INSERT INTO "session_images" SELECT "id", "content_id", 'CONTENT' FROM "sessions" WHERE "content_id" IS NOT NULL;--> statement-breakpoint
INSERT INTO "session_images" SELECT "id", "source_id", 'SOURCE' FROM "sessions" WHERE "source_id" IS NOT NULL;--> statement-breakpoint
INSERT INTO "session_images" SELECT "used"."id", "style" ->> 'imageId', 'STYLE' FROM (
	SELECT "id", "styles" FROM "sessions" WHERE "styles" IS NOT NULL
	UNION ALL SELECT "id", "initial" -> 'styles' FROM "sessions" WHERE "initial" IS NOT NULL
	UNION ALL SELECT "session_id", "styles" FROM "changes" WHERE json_typeof("styles") = 'array'
) AS "used", json_array_elements("used"."styles") AS "style" ON CONFLICT DO NOTHING;

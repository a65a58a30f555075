CREATE TABLE "installation" (
	"id" text PRIMARY KEY NOT NULL
);

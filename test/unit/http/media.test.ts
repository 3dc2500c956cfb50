import { describe, expect, test } from "@jest/globals";
import { preferredMedia } from "../../../shared/http/media.ts";

const offered = ["application/yaml", "application/json"];

describe("Of the media types of a route, the caller gets", () => {
  test.each([
    ["the first, where it says nothing", undefined, "application/yaml"],
    ["the first, where it takes anything", "*/*", "application/yaml"],
    ["the first, where it takes none of them", "text/html", "application/yaml"],
    ["the first, where it likes both alike", "application/json, application/yaml", "application/yaml"],
    ["the one that it names", "application/json", "application/json"],
    ["the one that it names, in any case", "Application/JSON", "application/json"],
    ["the one that it likes best", "application/yaml;q=0.5, application/json;q=0.9", "application/json"],
    ["what it names rather than what it only takes", "application/json, */*;q=0.1", "application/json"],
    ["not what it refuses", "*/*, application/yaml;q=0", "application/json"],
    ["the first of a family of types", "application/*", "application/yaml"],
    ["the first, where the header is nonsense", ";;q=, ,=", "application/yaml"],
    ["the first, where a weight is no number", "application/json;q=high", "application/yaml"],
  ])("%s", (_what, accept, type) => {
    expect(preferredMedia(accept, offered)).toBe(type);
  });
});

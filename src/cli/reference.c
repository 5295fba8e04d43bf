#include "cli/help.h"

#include "cli/options.h"

static void
options(struct text *out, const struct command *command)
{
    const struct option_row *row;

    for (size_t g = 0; g < GROUP_COUNT; g++) {
        bool titled = false;
        for (size_t i = 0; (row = option_at(command, i)) != NULL; i++) {
            if (row->group != (enum option_group)g)
                continue;
            if (!titled)
                text_printf(out, "\n**%s**\n\n",
                            help_group_title((enum option_group)g));
            titled = true;
            text_string(out, "* `");
            help_spell(out, row);
            text_printf(out, "`: %s.", row->help);
            if (row->more != NULL)
                text_printf(out, " %s", row->more);
            if (row->alias != NULL)
                text_printf(out, " Also `--%s`.", row->alias);
            text_string(out, "\n");
        }
    }
}

static void
paragraphs(struct text *out, const char *details)
{
    text_string(out, "\n");
    for (const char *c = details; *c != '\0'; c++)
        text_string(out, *c == '\n' ? "\n\n" : (const char[]){*c, '\0'});
    text_string(out, "\n");
}

static void
section(struct text *out, const struct command *command)
{
    const char *const gap = command->path[0] == '\0' ? "" : " ";

    if (command->path[0] != '\0')
        text_printf(out, "\n## %s\n", command->path);
    text_printf(out, "\n%s\n\n```\n" PROGRAM "%s%s %s\n```\n", command->summary,
                gap, command->path, command->usage);
    text_string(out, "\n```sh\n");
    for (size_t i = 0; i < EXAMPLES; i++)
        if (command->examples[i].line != NULL)
            text_printf(out, "# %s\n" PROGRAM " %s\n",
                        command->examples[i].what, command->examples[i].line);
    text_string(out, "```\n");
    if (command->details != NULL)
        paragraphs(out, command->details);
    options(out, command);
    for (size_t i = 0;
         command->children != NULL && command->children[i] != NULL; i++)
        section(out, command->children[i]);
}

static void
table(struct text *out, const char *title, const struct help_row *rows)
{
    text_printf(out, "\n## %s\n\n| | |\n| --- | --- |\n", title);
    for (; rows->name != NULL; rows++)
        text_printf(out, "| `%s` | %s |\n", rows->name, rows->meaning);
}

void
help_write_markdown(struct text *out)
{
    text_string(out, "# Commands\n\n"
                     "<!-- Made by `" PROGRAM " help -f markdown`; "
                     "do not edit. -->\n");
    section(out, &command_root);
    table(out, "Exit codes", help_exit_codes);
    table(out, "Environment", help_variables);
}

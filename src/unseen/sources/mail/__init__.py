"""Mail: messages with all their parts, mailboxes, Outlook's wrappers and its stores."""

"""What people look at: tables for the terminal, HTML reports."""

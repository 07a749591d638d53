"""Pet forms and other spellings of forenames, for when no tables are given."""

from pipelines.simulation.lists.tables import Vocabulary

__all__ = ["pet_forms"]

# A name and what stands for it; the first word of a line is the full form, and any of a line may be met for another.
_PET_FORMS = """
Alexander Alex Sandy Xander Alec
Alexandra Alex Lexi Sandra Alexa
Andrew Andy Drew
Anthony Tony Antony
Abigail Abi Abby Gail
Amelia Millie Amy Milly
Arthur Art Artie
Beatrice Bea Trixie
Benjamin Ben Benji Benny
Bethany Beth
Bridget Bridie Biddy
Catherine Kate Cathy Katherine Katie Cath Kathryn Catharine
Charles Charlie Chas Chuck
Charlotte Charlie Lottie Lotte
Christopher Chris Kit
Christina Chris Tina Christine Kirsty
Daniel Dan Danny
David Dave Davey Davy
Deborah Debbie Deb Debra
Edward Ed Eddie Ted Teddy Ned
Eleanor Ellie Nell Elinor Nora Eleanora
Elizabeth Liz Beth Betty Eliza Lizzie Libby Elisabeth Elsie
Emily Em Emmy Millie Emilie
Florence Flo Florrie Flossie
Frederick Fred Freddie Freddy
Gabriel Gabe
George Georgie
Georgina Georgia Gina Georgie
Gregory Greg
Hannah Hanna Hana
Harriet Hattie Harriett
Harrison Harry
Harry Harold Henry
Isabella Bella Isabel Izzy Isabelle
Jacob Jake
James Jim Jimmy Jamie
Jennifer Jenny Jen Jenni
Jessica Jess Jessie
Jonathan Jon John Jonny Johnathan Jonathon
Joseph Joe Joey
Joshua Josh
Katherine Kate Katie Kathy Kit
Lewis Louis Lou
Lillian Lily Lilly Lillie
Lucy Lucie Luce
Madeleine Maddie Maddy Madeline
Margaret Maggie Meg Peggy Daisy
Martha Mattie
Matilda Tilly Mattie Tilda
Matthew Matt Matty Mathew
Maximilian Max Maxi
Michael Mike Mick Mikey
Mohammed Mohamed Muhammad Mohammad Muhammed Mohamad Mohd Md
Natalie Nat Nathalie
Nathaniel Nathan Nate Nat
Nicholas Nick Nicky Nicolas
Nicola Nikki Nicky
Oliver Olly Ollie
Olivia Liv Livvy Olive
Oscar Ossie
Patricia Pat Trish Tricia Patsy
Patrick Paddy Pat
Penelope Penny
Peter Pete
Phillip Phil Philip Pip
Rebecca Becky Becca Beck
Richard Rick Dick Ricky Rich
Robert Bob Rob Bobby Robbie
Rosie Rose Rosemary Rosy
Samantha Sam Sammy
Samuel Sam Sammy
Sarah Sally Sadie Sara
Scarlett Scarlet Lettie
Sebastian Seb Bastian
Sophia Sophie Sofia Sofie
Stephen Steve Steven Stevie
Susan Sue Suzie Susie Suzanne
Theodore Theo Ted Teddy
Thomas Tom Tommy
Timothy Tim Timmy
Victoria Vicky Tori Vikki
William Will Bill Billy Liam Willie
Zachary Zac Zak Zack Zachariah
Yusuf Yousuf Yousef Yusef Yousaf Joseph
Aisha Ayesha Aysha Aishah
Fatima Fatimah Fathima Fatema
Maryam Mariam Mariyam Maryum
Zainab Zaynab Zaineb
Khadija Khadijah Khadeeja
Hussain Hussein Husain Hossain
Ahmed Ahmad Ahmet
Ibrahim Ebrahim
Abdullah Abdulla Abdallah
Omar Umar
Usman Osman Uthman
Hamza Hamzah
Musa Moosa
Bilal Belal
Jakub Kuba Jacob
Aleksandra Ola Alexandra
Katarzyna Kasia Katherine
Malgorzata Gosia Margaret
Zuzanna Zuza Susanna
Wojciech Wojtek
Oluwaseun Seun
Temiloluwa Temi
Ayomide Ayo
Chukwuemeka Emeka
Oluwatosin Tosin
Gurpreet Gurprit
Jaskaran Jas
"""


def pet_forms(vocabulary: Vocabulary) -> dict[int, list[int]]:
    """A full form may be met as any of its line, a pet form as the full form."""
    found: dict[int, list[int]] = {}
    for line in _PET_FORMS.strip().splitlines():
        full, *others = (vocabulary.code(name) for name in line.split())
        found.setdefault(full, []).extend(others)
        for other in others:
            found.setdefault(other, []).append(full)
    return {word: list(dict.fromkeys(others)) for word, others in found.items()}
